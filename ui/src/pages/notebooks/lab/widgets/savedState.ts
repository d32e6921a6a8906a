/** The state of widgets that is kept in the notebook's file, in the usual place: `metadata.widgets`. Pure. */

export const STATE = 'application/vnd.jupyter.widget-state+json';
export const VIEW = 'application/vnd.jupyter.widget-view+json';
/** Characters of state that are kept at most. */
const LARGEST = 4_000_000;
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

/** Of what lives and what was kept before, the widgets that the outputs show, with those that they are made of. */
export function statesToKeep(shown: Iterable<string>, live: WidgetStates | null, kept: WidgetStates | null): WidgetStates | null {
  const all = { ...kept?.state, ...live?.state };
  const state: Record<string, unknown> = {};
  const waiting = [...shown];
  let size = 0;
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const one = all[id];
    if (one === undefined || id in state) continue;
    const text = JSON.stringify(one);
    size += text.length;
    if (size > LARGEST) return null;
    state[id] = one;
    for (const [, reference] of text.matchAll(REFERENCE)) if (reference) waiting.push(reference);
  }
  return Object.keys(state).length ? { version_major: 2, version_minor: 0, state } : null;
}
