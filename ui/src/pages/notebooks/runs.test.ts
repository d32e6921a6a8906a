import { expect, test } from 'vitest';
import { elapsed, fromMetadata, kernelTimes, queuedRun, toMetadata } from './runs';

test('how a cell ended comes back from the file as it was written', () => {
  const run = { ...queuedRun('me', 10, false), state: 'ok' as const, startedAt: 20, endedAt: 50 };
  expect(fromMetadata(toMetadata(run))).toEqual(run);
  expect(elapsed(run, 999)).toBe(30);
});

test('what a file says of a cell that never ended is not believed', () => {
  expect(fromMetadata({ state: 'running', ended_at: 5 })).toBeNull();
  expect(fromMetadata({ state: 'ok', ended_at: 'yesterday' })).toBeNull();
  expect(fromMetadata(null)).toBeNull();
});

test('the command’s own time is read from the kernel’s messages', () => {
  const times = kernelTimes({
    'iopub.execute_input': '2026-01-01T00:00:00.000Z',
    'shell.execute_reply': '2026-01-01T00:00:01.500Z',
  });
  expect((times.endedAt ?? 0) - (times.startedAt ?? 0)).toBe(1500);
});
