import { expect, test } from 'vitest';
import { codeChangesOf } from './codeTag';

const read = (value: unknown) => codeChangesOf({ 'handloom.git.changes': JSON.stringify(value) });

test('the changes of a run are read', () => {
  expect(read({ commit: 'ab', count: 1, files: ['train.py'], diff: '+x', cut: false })).toEqual({ commit: 'ab', count: 1, files: ['train.py'], diff: '+x', cut: false });
  expect(read({ commit: 'ab', count: 0, files: [] })).toEqual({ commit: 'ab', count: 0, files: [], diff: '', cut: false });
});

test('a run that does not say, or says what nobody can read, has none', () => {
  expect(codeChangesOf({})).toBeNull();
  expect(codeChangesOf({ 'handloom.git.changes': '{"count": 1, "fi' })).toBeNull();
  for (const value of [null, 3, 'x', [], { commit: 'ab', count: '1', files: [] }, { commit: 'ab', count: 1 }, { count: 1, files: [] }]) expect(read(value)).toBeNull();
});
