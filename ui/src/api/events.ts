/** Live data: changes pushed by the server make the queries of their noun fetch again. */
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { get, markSignedOut } from './client';

export interface Change {
  noun: string;
  workspace: string;
  id: string | null;
  parent: string | null;
}

export type Connection = 'connecting' | 'open' | 'lost';

/** Lists that show a noun's names, counts or states without being keyed by it. */
const SEEN_IN: Record<string, string[]> = {
  workspaces: ['items', 'recent', 'removal', 'notebooks', 'experiments', 'models', 'runs'], // gone with it
  notebooks: ['items', 'recent', 'removal'],
  experiments: ['items', 'recent', 'removal'],
  members: ['workspaces'],
  runs: ['items', 'experiments', 'notebooks', 'models'],
  metrics: ['runs', 'experiments', 'models'],
  models: ['items', 'recent', 'runs'],
  versions: ['models', 'items', 'runs'],
  sessions: ['items', 'removal'],
};
/** Keyed without a workspace: they span all of them. */
const WORLD = ['workspaces', 'recent', 'sessions', 'tokens'];

/** How the server closes the connection of a browser whose session has ended. */
const SIGNED_OUT = 4401;

/** The query keys that one change makes stale. */
export function staleKeys(change: Change): QueryKey[] {
  return [change.noun, ...(SEEN_IN[change.noun] ?? [])].map((noun) =>
    WORLD.includes(noun) ? [noun] : [noun, change.workspace],
  );
}

/** Waiting time before attempt n (from 0): 0.5 s doubling to 15 s, half of it random so that tabs do not return together. */
export function backOff(attempt: number, random = Math.random()): number {
  const whole = Math.min(15_000, 500 * 2 ** attempt);
  return whole / 2 + (whole / 2) * random;
}

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();
const changeListeners = new Set<(change: Change) => void>();

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

/** Hear every change as it comes; returns how to stop. */
export function onChange(listener: (change: Change) => void): () => void {
  changeListeners.add(listener);
  return () => changeListeners.delete(listener);
}

/** Collects stale keys and invalidates them. A key whose fetch is under way waits for it, so that a stream of changes
 * never cancels a slow query for ever, and no key is fetched more often than each `rest` ms. */
export function createInvalidator(client: QueryClient, pause = 100, rest = 1000) {
  const stale = new Map<string, QueryKey>();
  const asked = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const [text, queryKey] of stale) {
      if (client.isFetching({ queryKey }) || Date.now() - (asked.get(text) ?? -Infinity) < rest) continue;
      asked.set(text, Date.now());
      stale.delete(text);
      void client.invalidateQueries({ queryKey });
    }
    if (stale.size) timer = setTimeout(flush, pause);
  };
  return (keys: QueryKey[]) => {
    for (const key of keys) stale.set(JSON.stringify(key), key);
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

/** Keep a WebSocket to /api/v1/events open until stopped; after each return everything on screen is fetched again. */
export function connectEvents(client: QueryClient): () => void {
  const invalidate = createInvalidator(client);
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let wasOpen = false;
  let stopped = false;

  const open = () => {
    clearTimeout(timer);
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${location.host}/api/v1/events`);
    socket.onopen = () => {
      attempt = 0;
      setConnection('open');
      if (wasOpen) void client.invalidateQueries();
      wasOpen = true;
    };
    socket.onmessage = (message) => {
      for (const change of readChanges(message.data)) {
        invalidate(staleKeys(change));
        changeListeners.forEach((listener) => listener(change));
      }
    };
    socket.onclose = ({ code }) => {
      if (stopped) return;
      if (code === SIGNED_OUT) {
        markSignedOut();
        return;
      }
      if (wasOpen || attempt > 0) setConnection('lost');
      // A refused handshake does not say why; a plain request does, and a 401 of it is heard by the client.
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
