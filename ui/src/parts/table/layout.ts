/** Layout of a grid's columns: widths with free space distributed, and the visible columns. Pure. */

export interface ColumnSize {
  id: string;
  width: number;
  /** Takes a share of the room that is left over. */
  grow?: boolean;
  /** Stays at the left edge while the others scroll. */
  pinned?: boolean;
}

export interface PlacedColumn {
  id: string;
  /** Place among all columns, pinned ones first: what aria-colindex counts from. */
  index: number;
  left: number;
  width: number;
}

export interface GridLayout {
  pinned: PlacedColumn[];
  scrolling: PlacedColumn[];
  pinnedWidth: number;
  width: number;
}

/** Place every column, pinned ones first. `room` is the width of the window. */
export function placeColumns(columns: readonly ColumnSize[], room: number): GridLayout {
  const total = columns.reduce((sum, column) => sum + column.width, 0);
  const growing = columns.filter((column) => column.grow).length;
  const extra = growing && room > total ? Math.floor((room - total) / growing) : 0;
  const ordered = [...columns.filter((column) => column.pinned), ...columns.filter((column) => !column.pinned)];
  let left = 0;
  const placed = ordered.map((column, index): PlacedColumn => {
    const width = column.width + (column.grow ? extra : 0);
    const at = left;
    left += width;
    return { id: column.id, index, left: at, width };
  });
  const split = columns.filter((column) => column.pinned).length;
  const pinned = placed.slice(0, split);
  return { pinned, scrolling: placed.slice(split), pinnedWidth: pinned.reduce((sum, one) => sum + one.width, 0), width: left };
}

/** First and one past the last scrolling column that the window touches, with `spare` more at each side. */
export function visibleColumns(layout: GridLayout, scrolled: number, room: number, spare = 2): [first: number, end: number] {
  const from = scrolled + layout.pinnedWidth;
  const to = scrolled + room;
  const { scrolling } = layout;
  let first = scrolling.findIndex((column) => column.left + column.width > from);
  if (first < 0) first = scrolling.length;
  let end = first;
  while (end < scrolling.length && (scrolling[end]?.left ?? Infinity) < to) end += 1;
  return [Math.max(0, first - spare), Math.min(scrolling.length, end + spare)];
}

/** The ids with `id` moved before `before`, or to the end. */
export function moveBefore(ids: readonly string[], id: string, before: string | null): string[] {
  if (id === before) return [...ids];
  const others = ids.filter((one) => one !== id);
  const at = before === null ? -1 : others.indexOf(before);
  others.splice(at < 0 ? others.length : at, 0, id);
  return others;
}

/** The ids with `id` moved by `by` places. */
export function moveBy(ids: readonly string[], id: string, by: number): string[] {
  const others = ids.filter((one) => one !== id);
  others.splice(Math.max(0, Math.min(others.length, ids.indexOf(id) + by)), 0, id);
  return others;
}
