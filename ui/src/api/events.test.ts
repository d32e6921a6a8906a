import { QueryClient, QueryObserver, type QueryKey } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOff, createInvalidator, staleOf } from './events';
import type { Change } from './schema';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A query that counts how often it is fetched and takes `ms` each time. */
function counted(client: QueryClient, queryKey: QueryKey, ms: number) {
  let fetches = 0;
  const observer = new QueryObserver(client, {
    queryKey,
    queryFn: async () => {
      fetches += 1;
      await new Promise((resolve) => setTimeout(resolve, ms));
      return fetches;
    },
  });
  const stop = observer.subscribe(() => undefined);
  return { count: () => fetches, result: () => observer.getCurrentResult().data, stop };
}

const keysOf = (change: Change) => staleOf(change).map((one) => one.key);

test('a change makes its own noun and the lists that show it stale', () => {
  const keys = keysOf({ noun: 'experiments', workspace: 'w', id: '1', parent: null });
  expect(keys).toContainEqual(['experiments', 'w']);
  expect(keys).toContainEqual(['items', 'w']);
  expect(keys).toContainEqual(['recent']);
});

test('sessions and workspaces are keyed without a workspace', () => {
  expect(keysOf({ noun: 'sessions', workspace: 'w', id: 's', parent: null })[0]).toEqual(['sessions']);
  expect(keysOf({ noun: 'workspaces', workspace: 'w', id: 'w', parent: null })[0]).toEqual(['workspaces']);
});

test('cells that have run make tables and the tree of tables and files stale', () => {
  const keys = keysOf({ noun: 'tables', workspace: 'w', id: null, parent: null });
  expect(keys).toEqual([['tables', 'w'], ['files', 'lake w']]);
});

const logged: Change = { noun: 'metrics', workspace: 'w', id: 'r1', parent: '7' };

test('a metric of one experiment leaves the pages of another alone', async () => {
  const client = new QueryClient();
  const queries = {
    own: counted(client, ['run-pages', 'w', '7', ''], 5),
    other: counted(client, ['run-pages', 'w', '8', ''], 5),
    otherColumns: counted(client, ['experiments', 'w', '8', 'columns'], 5),
    otherRun: counted(client, ['runs', 'w', 'run', 'r2'], 5),
    items: counted(client, ['items', 'w'], 5),
  };
  await vi.advanceTimersByTimeAsync(50);
  const invalidate = createInvalidator(client);
  for (let i = 0; i < 50; i += 1) {
    invalidate(staleOf(logged));
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(3000);
  const counts = Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, query.count()]));
  expect(counts).toEqual({ own: expect.any(Number), other: 1, otherColumns: 1, otherRun: 1, items: 1 });
  expect(counts.own).toBeGreaterThanOrEqual(5);
  expect(counts.own).toBeLessThanOrEqual(8);
  Object.values(queries).forEach((query) => query.stop());
});

test('charts are fetched again for the runs that they draw alone', async () => {
  const client = new QueryClient();
  const drawn = counted(client, ['metrics', 'w', 'histories', ['r0', 'r1'], ['loss']], 5);
  const apart = counted(client, ['metrics', 'w', 'histories', ['r2'], ['loss']], 5);
  await vi.advanceTimersByTimeAsync(50);
  createInvalidator(client)(staleOf(logged));
  await vi.advanceTimersByTimeAsync(2000);
  expect([drawn.count(), apart.count()]).toEqual([2, 1]);
  drawn.stop();
  apart.stop();
});

test('a list of many pages rests ten seconds', async () => {
  const client = new QueryClient();
  client.setQueryData(['run-pages', 'w', '7'], { pages: [1, 2, 3, 4] });
  const query = counted(client, ['run-pages', 'w', '7', 'long'], 5);
  const long = new QueryObserver(client, { queryKey: ['run-pages', 'w', '7'], queryFn: () => ({ pages: [1, 2, 3, 4] }) });
  const stop = long.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(50);
  const before = query.count();
  const invalidate = createInvalidator(client);
  for (let i = 0; i < 90; i += 1) {
    invalidate(staleOf(logged));
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(query.count()).toBe(before + 1);
  stop();
  query.stop();
});

test('waiting times grow, stay below 15 s, and differ between tabs', () => {
  expect(backOff(0, 0)).toBe(250);
  expect(backOff(0, 1)).toBe(500);
  expect(backOff(3, 0.5)).toBeGreaterThan(backOff(2, 0.5));
  expect(backOff(50, 1)).toBe(15_000);
});

test('a stream of changes does not cancel a slow fetch', async () => {
  const client = new QueryClient();
  const query = counted(client, ['runs', 'w'], 2000);
  await vi.advanceTimersByTimeAsync(2100);
  const invalidate = createInvalidator(client);
  for (let i = 0; i < 40; i += 1) {
    invalidate([{ key: ['runs', 'w'], pace: 1000 }]);
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(5000);
  expect(query.count()).toBeGreaterThanOrEqual(3);
  expect(query.count()).toBeLessThanOrEqual(4);
  expect(query.result()).toBe(query.count());
  query.stop();
});

test('a fast query is fetched at most once a second, and once more for the last change', async () => {
  const client = new QueryClient();
  const query = counted(client, ['items', 'w'], 5);
  await vi.advanceTimersByTimeAsync(50);
  const invalidate = createInvalidator(client);
  for (let i = 0; i < 30; i += 1) {
    invalidate([{ key: ['items', 'w'], pace: 1000 }]);
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(3000);
  expect(query.count()).toBeGreaterThanOrEqual(4);
  expect(query.count()).toBeLessThanOrEqual(6);
  query.stop();
});

test('queries of other workspaces are left alone', async () => {
  const client = new QueryClient();
  const other = counted(client, ['items', 'other'], 5);
  await vi.advanceTimersByTimeAsync(50);
  createInvalidator(client)([{ key: ['items', 'w'], pace: 1000 }]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(other.count()).toBe(1);
  other.stop();
});
