import { expect, test } from 'vitest';
import { shownKeys } from './keys';
import { isMarked, setMark } from './marks';

function cell(metadata: Record<string, unknown>) {
  const kept = new Map(Object.entries(metadata));
  return {
    getMetadata: (key: string) => kept.get(key),
    setMetadata: (key: string, value: unknown) => void kept.set(key, value),
    deleteMetadata: (key: string) => void kept.delete(key),
    all: () => Object.fromEntries(kept),
  };
}

test('marks are the metadata that Jupyter and its tools know, and are taken off without a trace', () => {
  const one = cell({ tags: ['slow'] });
  for (const mark of ['locked', 'frozen', 'parameters'] as const) {
    expect(isMarked(one, mark)).toBe(false);
    setMark(one, mark, true);
    expect(isMarked(one, mark)).toBe(true);
  }
  expect(one.all()).toEqual({ tags: ['slow', 'parameters'], editable: false, deletable: false, frozen: true });
  for (const mark of ['locked', 'frozen', 'parameters'] as const) setMark(one, mark, false);
  expect(one.all()).toEqual({ tags: ['slow'] });
});

test('the list of keys is opened by the sign that is typed', () => {
  expect(shownKeys('Shift /')).toBe('?');
  expect(shownKeys('Ctrl Shift ArrowUp')).toBe('Ctrl+Shift+↑');
});
