import { expect, test } from 'vitest';
import type { RunGroup } from '../../api/schema';
import { exampleRun } from './exampleRun';
import { filteredRows, groupKey, groupMembers, groupRows, sortGroups, treeRows } from './tree';

const run = (id: string, children = 0) => exampleRun({ run_id: id, name: id, children });
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

const child = (id: string, parent: string, matches = true) => ({ ...run(id, 1), parent_run_id: parent, matches });

test('runs that match a filter stand below the runs above them, in the order of the list', () => {
  const matches = [child('c1', 'b'), child('d', 'x'), child('c2', 'b'), child('e', 'c2')];
  const ancestors = [child('b', 'a', false), { ...run('a', 1), matches: false }];
  expect(names(filteredRows(matches, ancestors, new Set()))).toEqual(['a', '-b', '--c1', '--c2', '---e', 'd']);
  const closed = filteredRows(matches, ancestors, new Set(['b']));
  expect(names(closed)).toEqual(['a', '-b', 'd']);
  expect(closed.map((row) => row.branch)).toEqual([true, true, false]);
});

test('a filtered tree shows runs that name each other as parents, and one that names itself', () => {
  expect(names(filteredRows([child('a', 'b'), child('b', 'a'), child('c', 'c')], [], new Set()))).toEqual(['c', 'a', '-b']);
});

const group = (values: (string | null)[], runs: number, mean: number | null): RunGroup => ({
  values, runs, metrics: mean === null ? {} : { r2: { count: runs, min: mean, max: mean, mean, std: 0 } },
});

test('the runs of an open group stand below it, and one run may stand in no other', () => {
  const groups = [group(['3'], 2, 0.5), group([null], 1, null)];
  const key = groupKey(group(['3'], 2, 0.5));
  const rows = groupRows(groups, new Set([key]), new Map([[key, { runs: [run('a'), run('b')], total: 3 }]]));
  expect(rows.map((row) => row.group?.values[0] ?? row.run?.run_id ?? `+${row.hidden}`)).toEqual(['3', 'a', 'b', '+1', '+0']);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});

test('a group is asked for by its values, and by the bare field where there is none', () => {
  expect(groupMembers(['params.depth', 'tags.a'], group(['5', null], 1, null))).toEqual(['params.depth=5', 'tags.a']);
});

test('groups stand in the order of a mean or of a field, as numbers, and what has none comes last', () => {
  const groups = [group(['10'], 3, 0.5), group(['9'], 2, 0.7), group([null], 1, null)];
  const values = (field: string, down: boolean) => sortGroups(groups, ['params.depth'], { field, down }).map((one) => one.values[0]);
  expect(values('metrics.r2', true)).toEqual(['9', '10', null]);
  expect(values('params.depth', false)).toEqual(['9', '10', null]);
  expect(values('params.depth', true)).toEqual(['10', '9', null]);
  expect(values('start_time', true)).toEqual(['10', '9', null]);
});
