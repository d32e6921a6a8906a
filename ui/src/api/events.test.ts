import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOff, createInvalidator, staleKeys } from './events';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A query that counts how often it is fetched and takes `ms` each time. */
function counted(client: QueryClient, queryKey: string[], ms: number) {
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

test('a change makes its own noun and the lists that show it stale', () => {
  const keys = staleKeys({ noun: 'experiments', workspace: 'w', id: '1', parent: null });
  expect(keys).toContainEqual(['experiments', 'w']);
  expect(keys).toContainEqual(['items', 'w']);
  expect(keys).toContainEqual(['recent']);
});

test('sessions and workspaces are keyed without a workspace', () => {
  expect(staleKeys({ noun: 'sessions', workspace: 'w', id: 's', parent: null })[0]).toEqual(['sessions']);
  expect(staleKeys({ noun: 'workspaces', workspace: 'w', id: 'w', parent: null })[0]).toEqual(['workspaces']);
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
    invalidate([['runs', 'w']]);
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
    invalidate([['items', 'w']]);
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
  createInvalidator(client)([['items', 'w']]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(other.count()).toBe(1);
  other.stop();
});
