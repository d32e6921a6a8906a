import { expect, test } from 'vitest';
import { isUnsaved, maySave, nextSaveState, retryDelay, saveDelay, type SaveState } from './saving';

const saved: SaveState = { kind: 'saved', at: 1 };

test('an edit while a save is under way leaves the notebook unsaved once that save is done', () => {
  const saving = nextSaveState(nextSaveState(saved, { type: 'edited' }, 0), { type: 'begun' }, 0);
  const edited = nextSaveState(saving, { type: 'edited' }, 0);
  expect(nextSaveState(edited, { type: 'done', at: 9 }, 0)).toEqual({ kind: 'dirty', at: 9 });
  expect(nextSaveState(saving, { type: 'done', at: 9 }, 0)).toEqual({ kind: 'saved', at: 9 });
});

test('while a person has to decide between two versions nothing is saved', () => {
  const conflict = nextSaveState(saved, { type: 'conflict', theirs: {}, theirsAt: 5 }, 0);
  expect(nextSaveState(conflict, { type: 'edited' }, 0)).toBe(conflict);
  expect([maySave(conflict), isUnsaved(conflict)]).toEqual([false, true]);
});

test('a notebook that is gone stays gone whatever comes', () => {
  const gone = nextSaveState(saved, { type: 'gone' }, 0);
  expect(nextSaveState(gone, { type: 'done', at: 3 }, 0)).toBe(gone);
  expect(maySave(gone)).toBe(false);
});

test('failed saves are tried again after growing waits of at most half a minute', () => {
  expect([1, 2, 3, 10].map(retryDelay)).toEqual([2000, 4000, 8000, 30_000]);
});

test('someone who never stops typing is saved within ten seconds', () => {
  expect(saveDelay(0, 0)).toBe(2000);
  expect(saveDelay(0, 9500)).toBe(500);
  expect(saveDelay(0, 20_000)).toBe(0);
});
