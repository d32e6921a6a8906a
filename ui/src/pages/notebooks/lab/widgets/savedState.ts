/** The state of widgets that is kept in the notebook's file, in the usual place: `metadata.widgets`. Pure. */

export const STATE = 'application/vnd.jupyter.widget-state+json';
export const VIEW = 'application/vnd.jupyter.widget-view+json';
/** Characters of state that are kept at most. */
const LARGEST = 16_000_000;
/** Characters of a script that a widget brings along (anywidget). */
const LONGEST_SCRIPT = 200_000;
const REFERENCE = /"IPY_MODEL_([^"]+)"/g;

export interface WidgetStates {
  version_major: number;
  version_minor: number;
  state: Record<string, unknown>;
}

export function asStates(value: unknown): WidgetStates | null {
  const { version_major, version_minor, state } = Object(value);
  if (version_major !== 2 || typeof state !== 'object' || state === null) return null;
  return { version_major, version_minor: Number(version_minor) || 0, state };
}

/** A widget as it is kept. A long script is not: without a session it would not run, and its data are shown without it. */
function kept(model: unknown): unknown {
  const { _esm, ...state } = Object(Object(model).state);
  return typeof _esm === 'string' && _esm.length > LONGEST_SCRIPT ? { ...Object(model), state } : model;
}

/** The text of each widget that `root` is made of and that is not in `known`, by its id. */
function partsOf(root: string, all: Record<string, unknown>, known: object): Map<string, string> {
  const parts = new Map<string, string>();
  const waiting = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (all[id] === undefined || id in known || parts.has(id)) continue;
    const text = JSON.stringify(kept(all[id]));
    parts.set(id, text);
    for (const [, reference] of text.matchAll(REFERENCE)) if (reference) waiting.push(reference);
  }
  return parts;
}

/** Of what lives and what was kept before, the widgets that the outputs show, with those that they are made of, as far as there is room. */
export function statesToKeep(shown: Iterable<string>, live: WidgetStates | null, before: WidgetStates | null): WidgetStates | null {
  const all = { ...before?.state, ...live?.state };
  const state: Record<string, unknown> = {};
  let room = LARGEST;
  for (const root of shown) {
    const parts = partsOf(root, all, state);
    const size = [...parts.values()].reduce((sum, text) => sum + text.length, 0);
    if (size > room) continue;
    room -= size;
    for (const [id, text] of parts) state[id] = JSON.parse(text);
  }
  return Object.keys(state).length ? { version_major: 2, version_minor: 0, state } : null;
}
