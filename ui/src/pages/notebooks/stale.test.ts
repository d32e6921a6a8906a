import { describe, expect, it } from 'vitest';
import { parseRecord, shownName, staleCells, type CellRecord } from './stale';

const SOURCES = { a: 'df = load()', b: "df['x'] = 1", c: 'df.head()', d: 'k = len(df)', e: 'print(k)' };

function record(cell: keyof typeof SOURCES, order: number): CellRecord {
  const names: Record<string, [string[], string[], string[]]> = {
    a: [[], ['df'], ['df']],
    b: [['df'], [], ['df']],
    c: [['df'], [], []],
    d: [['df'], ['k'], ['k']],
    e: [['k'], [], []],
  };
  const [uses = [], defines = [], writes = []] = names[cell] ?? [];
  return { cell, order, source: SOURCES[cell], uses, defines, writes: Object.fromEntries(writes.map((name) => [name, order])) };
}

const document = Object.entries(SOURCES).map(([id, source]) => ({ id, source }));
const ran = (...records: CellRecord[]) => new Map(records.map((one) => [one.cell, one]));
const inOrder = [record('a', 1), record('b', 2), record('c', 3), record('d', 4), record('e', 5)];

describe('staleCells', () => {
  it('finds none after all cells ran in order', () => {
    expect(staleCells(ran(...inOrder), document).size).toBe(0);
  });

  it('says which cell above changed which name, and what comes from stale cells', () => {
    const found = staleCells(ran(...inOrder, record('b', 6)), document);
    expect(Object.fromEntries(found)).toEqual({
      c: { kind: 'changed', name: 'df', by: 'b' },
      d: { kind: 'changed', name: 'df', by: 'b' },
      e: { kind: 'upstream', name: 'k', by: 'd' },
    });
  });

  it('counts an edited cell and what comes from it, but not space around the text', () => {
    const edited = document.map((one) => (one.id === 'd' ? { ...one, source: 'k = 2' } : { ...one, source: `${one.source}\n` }));
    const found = staleCells(ran(...inOrder), edited);
    expect([...found.keys()]).toEqual(['d', 'e']);
    expect(found.get('d')?.kind).toBe('edited');
  });

  it('follows what was run outside of cells', () => {
    const typed = { ...record('d', 6), cell: '', uses: [] };
    expect(staleCells(ran(...inOrder, typed), document).get('e')).toEqual({ kind: 'changed', name: 'k', by: '' });
  });

  it('leaves out cells that did not run', () => {
    expect(staleCells(ran(record('c', 1)), document).size).toBe(0);
  });
});

describe('parseRecord', () => {
  it('takes nothing for granted', () => {
    expect(parseRecord(null)).toBeNull();
    expect(parseRecord({ cell: 'a' })).toBeNull();
    expect(parseRecord({ cell: 'a', order: 1, uses: ['x', 2], writes: { x: 1, y: 'z' } })).toEqual({
      cell: 'a',
      order: 1,
      source: null,
      uses: ['x'],
      defines: [],
      writes: { x: 1 },
    });
  });
});

describe('shownName', () => {
  it('is the name of a table without our prefix', () => {
    expect([shownName('sql:sales'), shownName('df')]).toEqual(['sales', 'df']);
  });
});
