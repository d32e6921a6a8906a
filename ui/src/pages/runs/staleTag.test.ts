import { describe, expect, it } from 'vitest';
import { staleCellsOf } from './staleTag';

describe('staleCellsOf', () => {
  it('reads the cells, and takes nothing for granted', () => {
    const text = JSON.stringify([{ cell: 2, kind: 'changed', name: 'sql:sales', by: 1 }, { cell: 3, kind: 'edited' }, { cell: 'x' }, null]);
    expect(staleCellsOf({ 'handloom.stale_cells': text })).toEqual([
      { cell: 2, kind: 'changed', name: 'sales', by: 1 },
      { cell: 3, kind: 'edited', name: '', by: 0 },
    ]);
    expect(staleCellsOf({})).toEqual([]);
    expect(staleCellsOf({ 'handloom.stale_cells': '{' })).toBeNull();
  });
});
