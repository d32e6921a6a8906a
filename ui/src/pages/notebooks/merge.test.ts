import { describe, expect, it } from 'vitest';
import { changesSince, differInOutputsOnly, mergeNotebooks, type AnyCell } from './merge';

const code = (id: string, source: string, text = ''): AnyCell => ({
  id,
  cell_type: 'code',
  source,
  metadata: text ? { trusted: true, handloom: { state: 'ok' } } : {},
  outputs: text ? [{ output_type: 'stream', name: 'stdout', text }] : [],
  execution_count: text ? 1 : null,
});
const notebook = (...cells: AnyCell[]) => ({ nbformat: 4, metadata: {}, cells });
const sources = (merged: { cells: AnyCell[] } | null) => merged?.cells.map((cell) => cell.source);

describe('merging two versions of a notebook', () => {
  const base = notebook(code('a', 'one'), code('b', 'two'));

  it('takes outputs that the server wrote and text that was typed here', () => {
    const mine = notebook(code('a', 'one, edited'), code('b', 'two'));
    const theirs = notebook(code('a', 'one', 'ran\n'), code('b', 'two', 'ran too\n'));
    const merged = mergeNotebooks(base, mine, theirs);
    expect(sources(merged)).toEqual(['one, edited', 'two']);
    expect(merged?.cells[1]).toMatchObject({ execution_count: 1, metadata: { handloom: { state: 'ok' } } });
  });

  it('keeps the outputs of this page where it ran the cell', () => {
    const mine = notebook(code('a', 'one', 'newer\n'), code('b', 'two'));
    const theirs = notebook(code('a', 'one', 'older\n'), code('b', 'two'));
    expect(mergeNotebooks(base, mine, theirs)?.cells[0]?.outputs).toEqual(mine.cells[0]?.outputs);
  });

  it('takes edits of different cells from both sides', () => {
    const mine = notebook(code('a', 'mine'), code('b', 'two'));
    const theirs = notebook(code('a', 'one'), code('b', 'theirs'));
    expect(sources(mergeNotebooks(base, mine, theirs))).toEqual(['mine', 'theirs']);
  });

  it('leaves the decision to a person where both edited one cell', () => {
    expect(mergeNotebooks(base, notebook(code('a', 'mine')), notebook(code('a', 'theirs')))).toBeNull();
  });

  it('takes cells that either side added, in their places', () => {
    const mine = notebook(code('a', 'one'), code('m', 'mine'), code('b', 'two'));
    const theirs = notebook(code('t', 'theirs'), code('a', 'one'), code('b', 'two'));
    expect(sources(mergeNotebooks(base, mine, theirs))).toEqual(['theirs', 'one', 'mine', 'two']);
  });

  it('drops a cell that one side deleted, unless the other changed it', () => {
    expect(sources(mergeNotebooks(base, notebook(code('b', 'two')), base))).toEqual(['two']);
    expect(sources(mergeNotebooks(base, base, notebook(code('b', 'two'))))).toEqual(['two']);
    const edited = notebook(code('a', 'still needed'), code('b', 'two'));
    expect(sources(mergeNotebooks(base, edited, notebook(code('b', 'two'))))).toContain('still needed');
  });

  it('follows a move of either side', () => {
    const moved = notebook(code('b', 'two'), code('a', 'one'));
    expect(sources(mergeNotebooks(base, moved, base))).toEqual(['two', 'one']);
    expect(sources(mergeNotebooks(base, base, moved))).toEqual(['two', 'one']);
  });

  it('decides nothing for notebooks whose cells have no ids, or for something else', () => {
    const old = { cells: [{ cell_type: 'code', source: 'x' }] };
    expect(mergeNotebooks(old, old, old)).toBeNull();
    expect(mergeNotebooks(base, base, 'text')).toBeNull();
  });

  it('sends only the cells that differ from the file', () => {
    const now = notebook(code('a', 'one'), code('b', 'changed'), code('c', 'new'));
    expect(changesSince(base, now)).toMatchObject({ cells: [{ id: 'a', unchanged: true }, now.cells[1], now.cells[2]] });
    expect(changesSince(null, now)).toBe(now);
  });

  it('tells outputs from text', () => {
    expect(differInOutputsOnly(base, notebook(code('a', 'one', 'ran'), code('b', 'two')))).toBe(true);
    expect(differInOutputsOnly(base, notebook(code('a', 'other'), code('b', 'two')))).toBe(false);
  });
});
