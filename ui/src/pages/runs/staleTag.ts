/** The tag of a run whose inputs came from stale cells. Pure: a tag may hold anything. */
export const STALE_TAG = 'handloom.stale_cells';

export interface StaleCell {
  cell: number;
  kind: 'edited' | 'changed' | 'upstream';
  name: string;
  /** 0: no cell of the notebook. */
  by: number;
}

function isKind(value: unknown): value is StaleCell['kind'] {
  return value === 'edited' || value === 'changed' || value === 'upstream';
}

function entry(value: unknown): StaleCell[] {
  if (typeof value !== 'object' || value === null) return [];
  const { cell, kind, name, by }: Record<string, unknown> = { ...value };
  if (typeof cell !== 'number' || !isKind(kind)) return [];
  return [{ cell, kind, name: typeof name === 'string' ? name.replace(/^sql:/, '') : '', by: typeof by === 'number' ? by : 0 }];
}

/** The stale cells that a run came from. Empty for a run without the tag; null for a tag that cannot be read. */
export function staleCellsOf(tags: Readonly<Record<string, string>>): StaleCell[] | null {
  const text = tags[STALE_TAG];
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.flatMap(entry) : null;
  } catch {
    return null;
  }
}
