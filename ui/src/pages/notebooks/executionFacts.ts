/** What the server reports of an execution. Pure: reads messages, which may hold anything. */
import type { CellRun, CellState } from './runs';

export interface ExecutionFacts {
  cell: string;
  state: CellState;
  count: number | null;
  queuedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  by: string;
  /** What was typed in the console, where the execution is of no cell. */
  code: string | null;
}

const STATES: readonly string[] = ['queued', 'running', 'ok', 'error', 'cancelled', 'lost'] satisfies CellState[];

interface Message {
  header: { msg_type: string };
  content: unknown;
}

function contentOf(message: Message, kind: string): Record<string, unknown> | null {
  const { content } = message;
  if (message.header.msg_type !== kind || typeof content !== 'object' || content === null) return null;
  return { ...content };
}

function isState(value: unknown): value is CellState {
  return typeof value === 'string' && STATES.includes(value);
}

const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null);

export function executionFacts(message: Message): ExecutionFacts | null {
  const content = contentOf(message, 'handloom_execution');
  if (!content || typeof content.cell !== 'string' || !isState(content.state)) return null;
  return {
    cell: content.cell,
    state: content.state,
    count: numberOrNull(content.count),
    queuedAt: numberOrNull(content.queued_at) ?? 0,
    startedAt: numberOrNull(content.started_at),
    endedAt: numberOrNull(content.ended_at),
    by: typeof content.by === 'string' ? content.by : '',
    code: typeof content.code === 'string' ? content.code : null,
  };
}

/** The requests that the server has, told when a page attaches. */
export function knownRequests(message: Message): string[] | null {
  const known = contentOf(message, 'handloom_attached')?.known;
  return Array.isArray(known) ? known.filter((id): id is string => typeof id === 'string') : null;
}

export function adoptedRun({ state, queuedAt, startedAt, endedAt, by }: ExecutionFacts): CellRun {
  return { state, queuedAt, startedAt, endedAt, sessionReadyIn: null, by };
}
