import { expect, test } from 'vitest';
import type { RunRow } from '../../api/schema';
import { treeRows } from './tree';

const run = (id: string, children = 0): RunRow => ({
  run_id: id, experiment: '', name: id, status: '', user: '', start_time: 0, end_time: null, notebook: null, source: '',
  parent_run_id: null, metrics: {}, params: {}, tags: {}, versions: [], children,
});
const names = (rows: ReturnType<typeof treeRows>) => rows.map((row) => `${'-'.repeat(row.level)}${row.run?.run_id ?? `+${row.hidden}`}`);

test('children stand below an open parent, at any depth', () => {
  const children = new Map([['a', { runs: [run('b', 1)], total: 1 }], ['b', { runs: [run('c')], total: 1 }]]);
  expect(names(treeRows([run('a', 1), run('d')], new Set(['a']), children))).toEqual(['a', '-b', 'd']);
  expect(names(treeRows([run('a', 1), run('d')], new Set(['a', 'b']), children))).toEqual(['a', '-b', '--c', 'd']);
});

test('children that are more than a page holds are counted', () => {
  const children = new Map([['a', { runs: [run('b')], total: 1200 }]]);
  expect(names(treeRows([run('a', 1200)], new Set(['a']), children))).toEqual(['a', '-b', '-+1199']);
});

test('runs that name each other as parents end the tree', () => {
  const children = new Map([['a', { runs: [run('b', 1)], total: 1 }], ['b', { runs: [run('a', 1)], total: 1 }]]);
  expect(names(treeRows([run('a', 1)], new Set(['a', 'b']), children))).toEqual(['a', '-b']);
});
