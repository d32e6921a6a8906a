/** The result of running a cell, stored in the cell's metadata and shown in its status line. */

export type CellState = 'queued' | 'starting' | 'running' | 'ok' | 'error' | 'cancelled' | 'lost' | 'refused';

export interface CellRun {
  state: CellState;
  /** Milliseconds since 1970. */
  queuedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Milliseconds the session took to start, where this run started it. */
  sessionReadyIn: number | null;
  /** Who ran it. */
  by: string;
  /** Why it could not run. Not kept. */
  why?: string;
}

const ENDED: readonly string[] = ['ok', 'error', 'cancelled', 'lost', 'refused'] satisfies CellState[];

export function hasEnded(run: CellRun): boolean {
  return ENDED.includes(run.state);
}

export function isLive(run: CellRun | null): boolean {
  return run !== null && !hasEnded(run);
}

export function queuedRun(by: string, now: number, starting: boolean): CellRun {
  const state = starting ? 'starting' : 'queued';
  return { state, queuedAt: now, startedAt: null, endedAt: null, sessionReadyIn: null, by };
}

/** What is written into the file: only how it ended. */
export function toMetadata(run: CellRun): Record<string, string | number | null> {
  return {
    state: run.state,
    queued_at: run.queuedAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    session_ready_in: run.sessionReadyIn,
    by: run.by,
  };
}

function isEndState(value: unknown): value is CellState {
  return typeof value === 'string' && ENDED.includes(value);
}

const numberOrNull = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** Parse untrusted metadata; null if invalid. */
export function fromMetadata(value: unknown): CellRun | null {
  if (typeof value !== 'object' || value === null || !('state' in value) || !isEndState(value.state)) return null;
  const read = (key: string): unknown => Object.entries(value).find(([name]) => name === key)?.[1];
  const endedAt = numberOrNull(read('ended_at'));
  if (endedAt === null) return null;
  const by = read('by');
  return {
    state: value.state,
    queuedAt: numberOrNull(read('queued_at')) ?? endedAt,
    startedAt: numberOrNull(read('started_at')),
    endedAt,
    sessionReadyIn: numberOrNull(read('session_ready_in')),
    by: typeof by === 'string' ? by : '',
  };
}

/** Milliseconds that the line counts: the command's own time, or the wait so far. */
export function elapsed(run: CellRun, now: number): number {
  const from = run.startedAt ?? run.queuedAt;
  return Math.max(0, (run.endedAt ?? now) - from);
}

/** When execution began and ended, as the kernel's messages in the cell's metadata say; null where they do not. */
export function kernelTimes(execution: unknown): { startedAt: number | null; endedAt: number | null } {
  const read = (...keys: string[]) => {
    if (typeof execution !== 'object' || execution === null) return null;
    for (const key of keys) {
      const value: unknown = Object.entries(execution).find(([name]) => name === key)?.[1];
      const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (!Number.isNaN(at)) return at;
    }
    return null;
  };
  return {
    startedAt: read('iopub.execute_input', 'shell.execute_reply.started', 'iopub.status.busy'),
    endedAt: read('shell.execute_reply', 'iopub.status.idle'),
  };
}
