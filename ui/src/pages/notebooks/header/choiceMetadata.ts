/** What a notebook's document names of what the notebook has chosen for its sessions. Pure. */

/** What a notebook chooses to start without any environment. */
export const NONE = 'none';

export type ChoiceKey = 'environment' | 'engine' | 'capacity';

/** One thing to choose: its id here, and the name that documents give to it. */
export interface Choice {
  id: string;
  name: string;
}

type Act = { kind: 'nothing' } | { kind: 'take'; id: string } | { kind: 'write'; name: string } | { kind: 'forget' };

function named(kept: unknown, key: ChoiceKey): string {
  const value: unknown = typeof kept === 'object' && kept !== null ? new Map(Object.entries(kept)).get(key) : '';
  return typeof value === 'string' ? value : '';
}

/**
 * What to do about a document whose metadata is `kept`. `chosen` is the server's choice, `before` the one that this page
 * saw last: a document that was just opened may come from elsewhere, and what it names is taken if it is here.
 */
export function documentKeeps(
  kept: unknown,
  key: ChoiceKey,
  chosen: string,
  choices: readonly Choice[],
  before: string | null,
): Act {
  const asked = named(kept, key);
  if (chosen === '') {
    if (!asked) return { kind: 'nothing' };
    if (before) return { kind: 'forget' };
    const id = choices.find((one) => one.name === asked)?.id;
    return id && before === null ? { kind: 'take', id } : { kind: 'nothing' };
  }
  const name = choices.find((one) => one.id === chosen)?.name;
  return name && name !== asked ? { kind: 'write', name } : { kind: 'nothing' };
}

/** The metadata with the name of the choice, or with null without it. */
export function metadataWith(kept: unknown, key: ChoiceKey, name: string | null): Record<string, string> {
  const others = Object.entries(typeof kept === 'object' && kept !== null ? kept : {}).filter(([other]) => other !== key);
  return Object.fromEntries(name === null ? others : [...others, [key, name]]);
}
