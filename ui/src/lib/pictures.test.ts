import { afterEach, expect, test } from 'vitest';
import { picturesOf, staysInDocument } from './pictures';

afterEach(() => document.head.replaceChildren());

test('the usual document shows every page and names no notebook', () => {
  expect(picturesOf()).toBeNull();
  expect(staysInDocument('/', null)).toBe(true);
});

test('a document opened for the pictures of one notebook shows only that notebook', () => {
  const meta = document.createElement('meta');
  meta.name = 'handloom-pictures';
  meta.content = 'n1';
  document.head.append(meta);
  expect(picturesOf()).toBe('n1');
  expect(staysInDocument('/workspaces/w/notebooks/n1', 'n1')).toBe(true);
  expect(staysInDocument('/workspaces/w/notebooks/n1/', 'n1')).toBe(true);
  for (const path of ['/', '/workspaces/w', '/workspaces/w/notebooks/n2', '/workspaces/w/models/n1', '/n1']) {
    expect(staysInDocument(path, 'n1')).toBe(false);
  }
});
