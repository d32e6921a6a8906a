import { expect, test } from 'vitest';
import type { CreatedRun } from '../../../api/schema';
import { queuedRun } from '../runs';
import { byCell, madeRuns } from './madeRuns';

const row = (run_id: string, start_time: number, has: Partial<CreatedRun> = {}): CreatedRun => ({
  run_id, start_time, name: run_id, experiment: '1', experiment_name: 'one', cell: 'c', parent_run_id: null, status: 'FINISHED', metrics: {}, ...has,
});
const cell = { ...queuedRun('me', 0, false), startedAt: 10_000, endedAt: 20_000 };

test('runs stand under the cell that made them, in the order in which they began', () => {
  const found = byCell([row('b', 2), row('x', 1, { cell: 'd' }), row('a', 1)]);
  expect([...found].map(([id, runs]) => [id, runs.map((run) => run.run_id)])).toEqual([['c', ['a', 'b']], ['d', ['x']]]);
});

test('runs of earlier executions are left out', () => {
  const found = madeRuns([row('old', 3_000), row('new', 12_000), row('later', 90_000)], cell);
  expect(found.map(({ runs }) => runs.map((run) => run.run_id))).toEqual([['new']]);
  expect(madeRuns([row('new', 12_000)], { ...cell, startedAt: null })).toEqual([]);
  expect(madeRuns([row('new', 90_000)], { ...cell, endedAt: null })[0]?.runs).toHaveLength(1);
});

test('runs of two experiments are apart, and trials stand for themselves below their study', () => {
  const found = madeRuns([row('study', 11_000), row('trial', 12_000, { parent_run_id: 'study' }), row('other', 13_000, { experiment: '2', experiment_name: 'two' })], cell);
  expect(found.map(({ name, runs, tops }) => [name, runs.length, tops.map((run) => run.run_id)])).toEqual([['one', 2, ['study']], ['two', 1, ['other']]]);
});

test('at most three metrics are shown, the most telling first', () => {
  const metrics = { a: 1, b: 2, c: 3, training_r2_score: 0.5 };
  expect(madeRuns([row('r', 11_000, { metrics })], cell)[0]?.metrics).toEqual(['training_r2_score', 'a', 'b']);
});
