import { expect, test } from 'vitest';
import { notebookChanges } from './notebookChanges';

const notebook = (...sources: string[]) => JSON.stringify({ cells: sources.map((source) => ({ cell_type: 'code', source })), metadata: {} });

test('cells without ids are compared by their number', () => {
  const changes = notebookChanges(notebook('a', 'b'), notebook('a', 'c', 'd'));
  expect(changes?.map(({ kind, number }) => [kind, number])).toEqual([
    ['changed', 2],
    ['added', 3],
  ]);
});

test('a notebook that was added has only added cells, and what is no notebook is compared by lines', () => {
  expect(notebookChanges(null, notebook('a'))?.map(({ kind }) => kind)).toEqual(['added']);
  expect(notebookChanges('<<<<<<<', notebook('a'))).toBeNull();
});
