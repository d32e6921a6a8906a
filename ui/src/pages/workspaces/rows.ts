/** The rows of a workspace's list: filtered, sorted, picked. Pure. */
import type { Item, ItemFolder } from '../../api/schema';
import { matches } from '../../lib/match';

/** Pixels by which a level of folders is further in, and of the button that opens one. */
export const INDENT = 20;
export const LEAF = 24;

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
export function between<T>(rows: readonly T[], from: number, to: number): T[] {
  return rows.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/** A row of the list: a folder, or an item in one. */
export interface FolderRow {
  folder: ItemFolder;
  item?: undefined;
  level: number;
  expanded: boolean;
  /** Items in it and in the folders in it. */
  count: number;
}
export interface ItemRow {
  item: Item;
  folder?: undefined;
  level: number;
}
export type ListRow = FolderRow | ItemRow;

interface Tree {
  folders: readonly ItemFolder[];
  /** In the order of the list, without those that a filter leaves out. */
  items: readonly Item[];
  /** The folder whose content is shown; '' is the workspace. */
  root: string;
  open: ReadonlySet<string>;
  language: string;
  /** A filter shows what it finds wherever it is, and no folder without any of it but those that it names. */
  filter: { on: boolean; text: string };
  down: boolean;
}

export function rowKey(row: ListRow): string {
  return row.item ? keyOf(row.item) : `folder/${row.folder.id}`;
}

function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const group = found.get(key(one));
    if (group) group.push(one);
    else found.set(key(one), [one]);
  }
  return found;
}

/** Folders before items on each level; what is in a folder that is gone is at the top. */
export function listRows({ folders, items, root, open, language, filter, down }: Tree): ListRow[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });
  const known = new Set(folders.map((folder) => folder.id));
  const homeOf = (id: string) => (known.has(id) ? id : '');
  const inner = grouped(folders, (folder) => homeOf(folder.parent));
  const inside = grouped(items, (item) => homeOf(item.folder));
  const counts = new Map<string, number>();
  const count = (id: string): number => {
    const found = counts.get(id) ?? (inside.get(id)?.length ?? 0) + (inner.get(id) ?? []).reduce((sum, one) => sum + count(one.id), 0);
    counts.set(id, found);
    return found;
  };
  const named = (folder: ItemFolder): boolean =>
    (filter.text !== '' && matches(folder.name, filter.text)) || (inner.get(folder.id) ?? []).some(named);
  const rows: ListRow[] = [];
  const add = (id: string, level: number) => {
    const below = [...(inner.get(id) ?? [])].sort((a, b) => (down ? -1 : 1) * collator.compare(a.name, b.name));
    for (const folder of below) {
      if (filter.on && !count(folder.id) && !named(folder)) continue;
      const expanded = filter.on || open.has(folder.id);
      rows.push({ folder, level, expanded, count: count(folder.id) });
      if (expanded) add(folder.id, level + 1);
    }
    for (const item of inside.get(id) ?? []) rows.push({ item, level });
  };
  add(homeOf(root), 0);
  return rows;
}
