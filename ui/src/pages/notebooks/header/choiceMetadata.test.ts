import { expect, test } from 'vitest';
import { documentKeeps, metadataWith } from './choiceMetadata';

const choices = [
  { id: 'none', name: 'none' },
  { id: 'a1', name: 'course' },
];

test('an opened document brings its environment, if there is one of this name', () => {
  const opened = (name: string) => documentKeeps({ environment: name }, 'environment', '', choices, null);
  expect(opened('course')).toEqual({ kind: 'take', id: 'a1' });
  expect(opened('none')).toEqual({ kind: 'take', id: 'none' });
  expect(opened('elsewhere')).toEqual({ kind: 'nothing' });
});

test('a choice is written into the document and taken out again', () => {
  const kept = { environment: 'course' };
  expect(documentKeeps(undefined, 'environment', 'a1', choices, '')).toEqual({ kind: 'write', name: 'course' });
  expect(documentKeeps(kept, 'environment', 'a1', choices, 'a1')).toEqual({ kind: 'nothing' });
  expect(documentKeeps(kept, 'environment', '', choices, 'a1')).toEqual({ kind: 'forget' });
  expect(metadataWith({ other: 'x', environment: 'a' }, 'environment', 'b')).toEqual({ other: 'x', environment: 'b' });
  expect(metadataWith({ environment: 'a' }, 'environment', null)).toEqual({});
});

test('engine and capacity stand beside the environment', () => {
  const engines = [{ id: 'apache', name: 'apache' }];
  expect(documentKeeps({ environment: 'a' }, 'engine', 'apache', engines, '')).toEqual({ kind: 'write', name: 'apache' });
  expect(metadataWith({ environment: 'a' }, 'engine', 'apache')).toEqual({ environment: 'a', engine: 'apache' });
});
