/** Live data: changes pushed by the server invalidate queries, each at most once per its own interval. */
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { socketAddress } from '../lib/pathPrefix';
import { get, markSignedOut, path } from './client';
import type { Change } from './schema';
import { lakeId } from './tables';

export type Connection = 'connecting' | 'open' | 'restarting' | 'lost';

/** Queries that a change invalidates, and the minimum ms between two fetches. */
export interface Stale {
  key: QueryKey;
  pace: number;
  /** Limits it to queries whose key contains one of these runs. */
  run?: string;
}

/** Lists that show names, counts or states of a noun without having it in their key. */
const SEEN_IN: Record<string, string[]> = {
  workspaces: ['items', 'folders', 'recent', 'removal', 'notebooks', 'experiments', 'models', 'reports', 'runs', 'run-pages'], // gone with it
  notebooks: ['items', 'recent', 'removal', 'runs', 'run-pages', 'schedules', 'git'],
  comments: ['comment-notices'],
  experiments: ['items', 'recent', 'removal', 'run-notices'],
  folders: ['items'],
  members: ['workspaces', 'waiting-requests'],
  reports: ['items', 'recent', 'removal'],
  models: ['items', 'recent', 'runs', 'run-pages'],
  schedules: ['schedule-notices'],
  server: ['me'],
  sessions: ['items', 'removal'],
  tokens: ['sign-ins'],
  users: ['me'],
};
/** Keyed without a workspace: they span all of them. */
const WORLD = ['workspaces', 'recent', 'run-notices', 'comment-notices', 'schedule-notices', 'waiting-requests', 'sessions', 'tokens', 'sign-ins', 'users', 'server', 'me'];

/** Minimum ms between fetches: of nouns that users change, of nouns that programs log to, and of counts. */
const PACE = 1_000;
const SLOW = 5_000;
/** Of tables and files, which may have changed whenever cells have run, and which a process of the server reads. */
const TABLES = 3_000;

/** Close code for a browser whose session has ended. */
const SIGNED_OUT = 4401;
/** Close code of a server that stops; usually it restarts at once. */
const RESTARTING = 1012;

/** Queries affected by a run or its metrics: the run, its experiment's lists, charts with it, and counts of runs. */
function staleOfRun({ noun, workspace, id, parent }: Change): Stale[] {
  const below = (...rest: (string | null)[]) => rest.filter((one) => one !== null);
  const stale: Stale[] = [
    { key: ['run-pages', workspace, ...below(parent)], pace: PACE },
    { key: ['runs', workspace, 'picked', ...below(parent)], pace: PACE },
    { key: ['runs', workspace, 'run', ...below(id)], pace: PACE },
    { key: ['runs', workspace, 'of-cells'], pace: PACE },
    { key: ['metrics', workspace], pace: PACE, ...(id ? { run: id } : {}) },
    { key: ['experiments', workspace, ...below(parent)], pace: 2 * PACE },
    { key: ['models', workspace], pace: SLOW },
  ];
  if (noun === 'metrics') return stale;
  const files: Stale[] = id ? [{ key: ['files', path`/workspaces/${workspace}/runs/${id}`], pace: 2 * PACE }] : [];
  return [...stale, ...files, { key: ['items', workspace], pace: SLOW }];
}

/** The queries that a change invalidates. */
export function staleOf(change: Change): Stale[] {
  if (change.noun === 'tables') {
    return [['tables', change.workspace], ['files', lakeId(change.workspace)]].map((key) => ({ key, pace: TABLES }));
  }
  if (change.noun === 'runs' || change.noun === 'metrics') return staleOfRun(change);
  return [change.noun, ...(SEEN_IN[change.noun] ?? [])].map((noun) => ({
    key: WORLD.includes(noun) ? [noun] : [noun, change.workspace],
    pace: PACE,
  }));
}

/** Waiting time before attempt n (from 0): 0.5 s doubling to 15 s, half of it random so that tabs do not return together. */
export function backOff(attempt: number, random = Math.random()): number {
  const longest = Math.min(15_000, 500 * 2 ** attempt);
  return longest / 2 + (longest / 2) * random;
}

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

function setConnection(next: Connection): void {
  connection = next;
  listeners.forEach((listener) => listener());
}

/** State of the live connection, for the bar in the shell. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

interface Waiting extends Stale {
  /** null: all queries of the key. */
  runs: Set<string> | null;
}

/** Whether a query names one of these runs in its key. */
function isAbout(query: Query, runs: Set<string>): boolean {
  return query.queryKey.some((part) => (Array.isArray(part) ? part.some((one) => typeof one === 'string' && runs.has(one)) : typeof part === 'string' && runs.has(part)));
}

/** An infinite list is fetched page by page, so its interval grows with the number of pages. */
function restOf(client: QueryClient, { key, pace }: Stale): number {
  const open = client.getQueriesData<{ pages?: unknown[] }>({ queryKey: key, type: 'active' });
  const pages = Math.max(1, ...open.map(([, data]) => data?.pages?.length ?? 0));
  return pages > 3 ? Math.max(pace, 10_000) : pace;
}

/** Collects stale keys and invalidates them. A key that is being fetched waits for the fetch, so that a stream of changes
 * cannot cancel a slow query again and again, and no key is fetched more often than its interval allows. */
export function createInvalidator(client: QueryClient, pause = 100) {
  const waiting = new Map<string, Waiting>();
  const asked = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const [text, one] of waiting) {
      if (client.isFetching({ queryKey: one.key }) || Date.now() - (asked.get(text) ?? -Infinity) < restOf(client, one)) continue;
      asked.set(text, Date.now());
      waiting.delete(text);
      const { runs } = one;
      void client.invalidateQueries({ queryKey: one.key, ...(runs ? { predicate: (query: Query) => isAbout(query, runs) } : {}) });
    }
    if (waiting.size) timer = setTimeout(flush, pause);
  };
  return (stale: Stale[]) => {
    for (const one of stale) {
      const text = JSON.stringify(one.key);
      const known = waiting.get(text);
      const all = one.run === undefined || known?.runs === null;
      waiting.set(text, { ...one, runs: all ? null : new Set([...(known?.runs ?? []), ...(one.run ? [one.run] : [])]) });
    }
    timer ??= setTimeout(flush, pause);
  };
}

function isChange(value: unknown): value is Change {
  return typeof value === 'object' && value !== null && 'noun' in value && 'workspace' in value;
}

function readChanges(data: unknown): Change[] {
  if (typeof data !== 'string') return [];
  const value: unknown = JSON.parse(data);
  return (Array.isArray(value) ? value : [value]).filter(isChange);
}

/** Keep a WebSocket to /api/v1/events open until stopped. After each reconnect, all queries on screen are fetched again. */
export function connectEvents(client: QueryClient): () => void {
  const invalidate = createInvalidator(client);
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let wasOpen = false;
  let restarting = false;
  let stopped = false;

  const open = () => {
    clearTimeout(timer);
    socket = new WebSocket(socketAddress('/api/v1/events'));
    socket.onopen = () => {
      attempt = 0;
      restarting = false;
      setConnection('open');
      if (wasOpen) void client.invalidateQueries();
      wasOpen = true;
    };
    socket.onmessage = (message) => {
      invalidate(readChanges(message.data).flatMap(staleOf));
    };
    socket.onclose = ({ code }) => {
      if (stopped) return;
      if (code === SIGNED_OUT) {
        markSignedOut();
        return;
      }
      restarting ||= code === RESTARTING;
      if (wasOpen || attempt > 0) setConnection(restarting ? 'restarting' : 'lost');
      // A refused handshake has no status, so send a plain request: the client handles its 401.
      if (attempt > 0) get('/me').catch(() => undefined);
      timer = setTimeout(open, backOff(attempt));
      attempt += 1;
    };
  };
  const hurry = () => {
    if (socket?.readyState === WebSocket.CLOSED) open();
  };
  window.addEventListener('online', hurry);
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener('online', hurry);
    socket?.close();
  };
}
