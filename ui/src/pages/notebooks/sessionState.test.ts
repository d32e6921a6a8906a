import { expect, test } from 'vitest';
import type { Session } from '../../api/schema';
import { countdown, idleLeft, pillOf } from './sessionState';

const session: Session = {
  id: 's', workspace: 'w', notebook: 'n', name: 'N', user: 'u', kernel: 'k', state: 'idle', started_at: 0, ready_in: 1,
  last_activity: 1000, busy_since: null, timeout: 20, engine: 'quick', engine_running: false, memory_bytes: 0, cpu_percent: 0,
  packages: [], packages_bytes: 0,
  requested: [],
  environment: [],
  environment_id: '',
  environment_name: '',
  boxed: false,
  capacity: 'this-machine',
  capacity_name: 'This machine',
  limits: { memory_mb: 0, cores: 0, processes: 0, gpus: 'all' },
  ended: null,
  job: null,
  queue: null,
  problem: '',
};
const seen = { session, starting: false, attached: true, connected: true, kernelStatus: 'idle', running: false };

test('the pill says what the session does, the page’s own start first', () => {
  expect(pillOf(seen)).toBe('ready');
  expect(pillOf({ ...seen, running: true })).toBe('busy');
  expect(pillOf({ ...seen, connected: false })).toBe('reconnecting');
  expect(pillOf({ ...seen, session: { ...session, state: 'dead' } })).toBe('dead');
  expect(pillOf({ ...seen, session: { ...session, state: 'dead' }, starting: true })).toBe('starting');
  expect(pillOf({ ...seen, session: { ...session, state: 'queued' }, starting: true })).toBe('queued');
  expect(pillOf({ ...seen, session: undefined })).toBe('none');
});

test('an idle session counts down; a busy one and one without a limit do not', () => {
  expect(idleLeft(session, false, 61_000)).toBe(19 * 60_000);
  expect(idleLeft(session, true, 61_000)).toBeNull();
  expect(idleLeft({ ...session, timeout: 0 }, false, 61_000)).toBeNull();
  expect([countdown(1_180_000), countdown(3_900_000)]).toEqual(['19:40', '1:05:00']);
});
