import { expect, test } from 'vitest';
import { documentKeeps, nameToKeep } from './environmentMetadata';

const environments = [{ id: 'a1', name: 'course' }];

test('an opened document brings its environment, if there is one of this name', () => {
  expect(documentKeeps({ environment: 'course' }, '', environments, null)).toEqual({ kind: 'take', environment: 'a1' });
  expect(documentKeeps({ environment: 'none' }, '', environments, null)).toEqual({ kind: 'take', environment: 'none' });
  expect(documentKeeps({ environment: 'elsewhere' }, '', environments, null)).toEqual({ kind: 'nothing' });
});

test('a choice is written into the document and taken out again', () => {
  expect(documentKeeps(undefined, 'a1', environments, '')).toEqual({ kind: 'write', name: 'course' });
  expect(documentKeeps({ environment: 'course' }, 'a1', environments, 'a1')).toEqual({ kind: 'nothing' });
  expect(documentKeeps({ environment: 'course' }, '', environments, 'a1')).toEqual({ kind: 'forget' });
  expect(nameToKeep({ other: 'x', environment: 'a' }, 'b')).toEqual({ other: 'x', environment: 'b' });
  expect(nameToKeep({ environment: 'a' }, null)).toEqual({});
});
