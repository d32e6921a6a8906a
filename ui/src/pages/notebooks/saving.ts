/** State machine of saving a notebook. Pure; lab/saver.ts drives it. */

export type SaveState =
  | { kind: 'saved'; at: number | null }
  | { kind: 'dirty'; at: number | null }
  | { kind: 'saving'; at: number | null; again: boolean }
  | { kind: 'failed'; at: number | null; error: unknown; attempt: number }
  | { kind: 'conflict'; at: number | null; theirs: unknown; theirsAt: number }
  | { kind: 'gone'; at: number | null };

export type SaveEvent =
  | { type: 'edited' }
  | { type: 'begun' }
  | { type: 'done'; at: number }
  | { type: 'failed'; error: unknown }
  | { type: 'conflict'; theirs: unknown; theirsAt: number }
  | { type: 'gone' }
  | { type: 'replaced'; at: number };

/** `attempt` counts failures in a row: it sets how long the next one waits. */
export function nextSaveState(state: SaveState, event: SaveEvent, attempts: number): SaveState {
  const { at } = state;
  if (state.kind === 'gone') return state;
  switch (event.type) {
    case 'edited':
      if (state.kind === 'saved') return { kind: 'dirty', at };
      if (state.kind === 'saving') return { ...state, again: true };
      return state;
    case 'begun':
      return { kind: 'saving', at, again: false };
    case 'done':
      return state.kind === 'saving' && state.again ? { kind: 'dirty', at: event.at } : { kind: 'saved', at: event.at };
    case 'failed':
      return { kind: 'failed', at, error: event.error, attempt: attempts };
    case 'conflict':
      return { kind: 'conflict', at, theirs: event.theirs, theirsAt: event.theirsAt };
    case 'gone':
      return { kind: 'gone', at };
    case 'replaced':
      return { kind: 'saved', at: event.at };
  }
}

/** Whether something on screen is not in the file yet. */
export function isUnsaved(state: SaveState): boolean {
  return state.kind !== 'saved';
}

/** Whether a save may begin now: not while one is under way, nor while a person has to decide. */
export function maySave(state: SaveState): boolean {
  return state.kind === 'dirty' || state.kind === 'failed';
}

/** Milliseconds until a failed save is tried again: 2 s, doubling, at most 30 s. */
export function retryDelay(attempt: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(1, attempt));
}

/** Milliseconds from an edit to its save: shortly after the last one, but never later than 10 s after the first. */
export function saveDelay(firstEdit: number, now: number): number {
  return Math.max(0, Math.min(2000, firstEdit + 10_000 - now));
}
