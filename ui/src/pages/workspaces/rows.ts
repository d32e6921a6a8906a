/** The rows of a workspace's list: filtered, sorted, picked. Pure. */
import type { Item } from '../../api/schema';
import { matches } from '../../lib/match';

export const COLUMNS = ['name', 'kind', 'owner', 'modified'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  down: boolean;
}

/** One text per item over all kinds; ids are unique within a kind only. */
export function keyOf(item: Pick<Item, 'kind' | 'id'>): string {
  return `${item.kind}/${item.id}`;
}

function isColumn(text: string): text is Column {
  return COLUMNS.some((column) => column === text);
}

/** "name", "-modified": as the address holds it. Newest first where it says nothing. */
export function readOrder(text: string | null): Order {
  const column = (text ?? '').replace(/^-/, '');
  return isColumn(column) ? { column, down: text?.startsWith('-') ?? false } : { column: 'modified', down: true };
}

/** The order after a click on a column header; a second click reverses it. Times start with the newest. */
export function nextOrder(order: Order, column: Column): string {
  const down = order.column === column ? !order.down : column === 'modified';
  return (down ? '-' : '') + column;
}

export function sortRows(items: readonly Item[], order: Order, language: string, kindName: (kind: Item['kind']) => string): Item[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });
  const byName = (a: Item, b: Item) => collator.compare(a.name, b.name) || collator.compare(a.kind, b.kind);
  const compare: Record<Column, (a: Item, b: Item) => number> = {
    name: byName,
    kind: (a, b) => collator.compare(kindName(a.kind), kindName(b.kind)),
    owner: (a, b) => collator.compare(a.owner, b.owner),
    modified: (a, b) => a.modified_at - b.modified_at,
  };
  const sign = order.down ? -1 : 1;
  return [...items].sort((a, b) => sign * compare[order.column](a, b) || byName(a, b));
}

export function filterRows(items: readonly Item[], filter: string, kinds: readonly string[]): Item[] {
  return items.filter(
    (item) => (!kinds.length || kinds.includes(item.kind)) && matches(`${item.name} ${item.description}`, filter),
  );
}

/** What the box in the head shows: none, some or all of the rows that are shown. */
export function allPicked(rows: readonly Item[], picked: ReadonlySet<string>): boolean | 'mixed' {
  const count = rows.filter((row) => picked.has(keyOf(row))).length;
  if (!count) return false;
  return count === rows.length ? true : 'mixed';
}

/** Rows from `from` to `to`, both included, whichever comes first. */
export function between(rows: readonly Item[], from: number, to: number): Item[] {
  return rows.slice(Math.min(from, to), Math.max(from, to) + 1);
}
