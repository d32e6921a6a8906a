import { expect, test } from 'vitest';
import type { MetricAggregate, RunGroups } from '../../api/schema';
import { bestMeans, bestValues, groupsBelow } from './cellLook';
import { viewSearch } from './viewSearch';

const numbers = (min: number, max: number, mean: number | null = (min + max) / 2): MetricAggregate => ({ count: 2, min, max, mean, std: 0 });
const found = (...groups: [string | null, Record<string, MetricAggregate>][]): RunGroups => ({
  groups: groups.map(([value, metrics]) => ({ values: [value], runs: 2, metrics })), total: groups.length, names: {},
});

test('the best is the greatest score and the least error, and nothing where all runs are equal', () => {
  const best = bestValues(found([null, { r2: numbers(0.1, 0.9), rmse: numbers(2, 5), same: numbers(1, 1) }]), {});
  expect([...best]).toEqual([['r2', 0.9], ['rmse', 2]]);
  expect(bestValues(undefined, {}).size).toBe(0);
});

test('what somebody said counts more than the name', () => {
  expect([...bestValues(found([null, { r2: numbers(0.1, 0.9), loss: numbers(2, 5) }]), { r2: 'min', loss: 'max' })]).toEqual([['r2', 0.1], ['loss', 5]]);
});

test('among groups the best is the best mean', () => {
  const best = bestMeans(found(['a', { r2: numbers(0, 1, 0.5), loss: numbers(0, 9, 3) }], ['b', { r2: numbers(0.6, 0.8, 0.7), loss: numbers(1, 2, null) }]), {});
  expect([...best]).toEqual([['r2', 0.7]]);
});

test('what lies below a parent is found by the parent', () => {
  const below = groupsBelow(found(['p', { r2: numbers(0, 1) }], [null, { r2: numbers(0, 1) }]));
  expect([...below.keys()]).toEqual(['p']);
});

test('a view keeps filter, order and columns, and not what is looked at now', () => {
  const search = new URLSearchParams('run=a&view=details&tab=metrics&saved=v&order=-metrics.r2&filter=x');
  expect(viewSearch(search, ['status'])).toBe('columns=status&filter=x&order=-metrics.r2');
  expect(viewSearch(new URLSearchParams(viewSearch(search, ['status'])), ['other'])).toBe(viewSearch(search, ['status']));
});
