/**
 * Which cells are stale: their inputs, or they themselves, have changed since they ran. Pure. The session decides in the
 * same way for the tag of a run (`src/handloom/session/cells/history.py`).
 */

export interface CellRecord {
  cell: string;
  /** Counts executions. */
  order: number;
  /** null: too long to compare. */
  source: string | null;
  uses: readonly string[];
  defines: readonly string[];
  /** When the value of each name last changed, as an order. */
  writes: Readonly<Record<string, number>>;
}

export interface StaleReason {
  kind: 'edited' | 'changed' | 'upstream';
  name: string;
  /** The id of the cell that changed the name, or that is stale itself; empty for code that belongs to no cell. */
  by: string;
}

interface DocumentCell {
  id: string;
  source: string;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function numbers(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((one): one is [string, number] => typeof one[1] === 'number'));
}

/** Parse one record of a message, which may hold anything. */
export function parseRecord(value: unknown): CellRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { cell, order, source, uses, defines, writes }: Record<string, unknown> = { ...value };
  if (typeof cell !== 'string' || typeof order !== 'number') return null;
  return {
    cell,
    order,
    source: typeof source === 'string' ? source : null,
    uses: strings(uses),
    defines: strings(defines),
    writes: numbers(writes),
  };
}

type Input = readonly [name: string, from: CellRecord];

const at = (record: CellRecord, name: string) => record.writes[name] ?? 0;

function byConsole(record: CellRecord, inputs: readonly Input[], console: CellRecord | undefined): StaleReason | null {
  if (!console) return null;
  const name = record.uses.find((used) => {
    const latest = Math.max(record.order, ...inputs.filter(([one]) => one === used).map(([, from]) => at(from, used)));
    return at(console, used) > latest;
  });
  return name === undefined ? null : { kind: 'changed', name, by: '' };
}

/** Judge the code cells of a notebook, in its order. Cells that did not run in this session are never stale. */
export function staleCells(
  records: ReadonlyMap<string, CellRecord>,
  cells: readonly DocumentCell[],
): Map<string, StaleReason> {
  const stale = new Map<string, StaleReason>();
  const writers = new Map<string, readonly CellRecord[]>();
  for (const { id, source } of cells) {
    const record = records.get(id);
    if (!record) continue;
    const inputs: Input[] = record.uses.flatMap((name) => (writers.get(name) ?? []).map((from) => [name, from] as const));
    const reason = judge(record, source, inputs);
    if (reason) stale.set(id, reason);
    for (const name of Object.keys(record.writes)) {
      writers.set(name, record.defines.includes(name) ? [record] : [...(writers.get(name) ?? []), record]);
    }
  }
  return stale;

  function judge(record: CellRecord, source: string, inputs: readonly Input[]): StaleReason | null {
    if (record.source !== null && record.source.trim() !== source.trim()) return { kind: 'edited', name: '', by: '' };
    const newer = inputs.find(([name, from]) => at(from, name) > record.order);
    if (newer) return { kind: 'changed', name: newer[0], by: newer[1].cell };
    const typed = byConsole(record, inputs, records.get(''));
    if (typed) return typed;
    const above = inputs.find(([, from]) => stale.has(from.cell));
    return above ? { kind: 'upstream', name: above[0], by: above[1].cell } : null;
  }
}

/** A name as a person wrote it: tables and views are tracked under a prefix. */
export function shownName(name: string): string {
  return name.replace(/^sql:/, '');
}
