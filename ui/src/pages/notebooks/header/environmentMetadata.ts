/** What a notebook's document says about its environment, beside what the server keeps. Pure. */

/** What a notebook chooses to start without any environment. */
export const NONE = 'none';

type Act = { kind: 'nothing' } | { kind: 'take'; environment: string } | { kind: 'write'; name: string } | { kind: 'forget' };

function named(kept: unknown): string {
  const value = typeof kept === 'object' && kept !== null && 'environment' in kept ? kept.environment : '';
  return typeof value === 'string' ? value : '';
}

/**
 * What to do about a document whose metadata is `kept`. `chosen` is the server's choice, `before` the one that this page
 * saw last: a document that was just opened may come from elsewhere, and its environment is taken if there is one of this
 * name.
 */
export function documentKeeps(
  kept: unknown,
  chosen: string,
  environments: readonly { id: string; name: string }[],
  before: string | null,
): Act {
  const asked = named(kept);
  if (chosen === '') {
    if (!asked) return { kind: 'nothing' };
    if (before) return { kind: 'forget' };
    const id = asked === NONE ? NONE : environments.find((one) => one.name === asked)?.id;
    return id && before === null ? { kind: 'take', environment: id } : { kind: 'nothing' };
  }
  const name = chosen === NONE ? NONE : environments.find((one) => one.id === chosen)?.name;
  return name && name !== asked ? { kind: 'write', name } : { kind: 'nothing' };
}

/** The metadata with the name of the environment, or with null without it. */
export function nameToKeep(kept: unknown, name: string | null): Record<string, string> {
  const others = Object.entries(typeof kept === 'object' && kept !== null ? kept : {}).filter(([key]) => key !== 'environment');
  return Object.fromEntries(name === null ? others : [...others, ['environment', name]]);
}
