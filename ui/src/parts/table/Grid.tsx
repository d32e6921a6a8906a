/** The grid of all tables: virtual rows and columns, one Tab stop, selection, and columns that can be resized, moved and pinned by mouse and keyboard. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type HTMLAttributes, type KeyboardEvent, type MouseEvent, type ReactNode, type Ref } from 'react';
import { GridHead } from './GridHead';
import styles from './Grid.module.css';
import { GridRow } from './GridRow';
import { placeColumns, visibleColumns, type ColumnSize } from './layout';
import { handleRowKey, pageOf } from './rowKeys';
import { useRowAnchor } from './useRowAnchor';

export interface GridColumn extends ColumnSize {
  label: string;
  /** What the head shows where that is more than the label. */
  head?: ReactNode;
  align?: 'start' | 'end';
  sort?: 'ascending' | 'descending' | 'none';
  /** Its place among several columns that are sorted by, from 1. */
  sortRank?: number;
  /** `add`: after the columns that are sorted by already (Shift). */
  onSort?: (add: boolean) => void;
  /** May be resized, moved and pinned. */
  movable?: boolean;
}

export interface GridSelection {
  isPicked: (index: number) => boolean;
  /** Rows that stand for others have no box. */
  canPick?: (index: number) => boolean;
  /** `range`: from the row picked last to this one. */
  onPick: (index: number, range: boolean) => void;
  onPickAll?: () => void;
  /** What the box in the head shows. */
  all?: boolean | 'mixed';
  allLabel: string;
  rowLabel: (index: number) => string;
}

/** Place of a row in a tree; rows without one are plain rows. */
export interface GridBranch {
  level: number;
  /** null: has no children. */
  expanded: boolean | null;
}

export interface MenuPlace {
  getBoundingClientRect: () => DOMRect;
}

export type RowDrags = Pick<HTMLAttributes<HTMLDivElement>, 'draggable' | 'onDragStart' | 'onDragEnd' | 'onDragOver' | 'onDragLeave' | 'onDrop'>;

export interface GridPlace {
  row: number;
  /** -1: the row itself. */
  column: number;
}

export interface GridHandle {
  scroller: HTMLDivElement | null;
  focusRow: (index: number) => void;
}

export interface GridProps {
  label: string;
  count: number;
  columns: GridColumn[];
  rowKey: (index: number) => string;
  cell: (index: number, column: string) => ReactNode;
  /** Rows that are known to exist but are not loaded yet show a placeholder. */
  isLoaded?: (index: number) => boolean;
  rowHeight?: number;
  /** A grid inside a page that scrolls: as high as its rows, and no higher than this. */
  maxHeight?: number;
  selection?: GridSelection;
  /** Shift adds a column to those that are sorted by. */
  sortsByMany?: boolean;
  onOpen?: (index: number) => void;
  onMenu?: (index: number, place: MenuPlace) => void;
  /** Keys of the page's own on a row (F2, Delete ...); returns whether it took the key. */
  onRowKey?: (index: number, event: KeyboardEvent) => boolean;
  branch?: (index: number) => GridBranch | null;
  onExpand?: (index: number, expanded: boolean) => void;
  onResize?: (id: string, width: number) => void;
  onMove?: (id: string, before: string | null) => void;
  onPin?: (id: string, pinned: boolean) => void;
  /** Called as rows come near the end of what is loaded. */
  onRange?: (last: number) => void;
  /** Another value starts at the top again: another filter, another order. */
  listKey?: string;
  rowClass?: (index: number) => string | undefined;
  /** Drags that begin on a row, and drops on it. */
  rowDrags?: (index: number) => RowDrags | undefined;
  handle?: Ref<GridHandle>;
  footer?: ReactNode;
  className?: string;
}

export const HEAD_HEIGHT = 36;
const CHECK_WIDTH = 40;
/** What the shell and a page's tools take of the window: the room of a grid before it is measured, so that its first rows are drawn once. */
const AROUND = { width: 78, height: 190 };

/** Width and scroll position of the scroller, as state that changes only when the visible columns may. */
function useWindow(scroller: React.RefObject<HTMLDivElement | null>) {
  const [room, setRoom] = useState(() => window.innerWidth - AROUND.width);
  const [scrolled, setScrolled] = useState(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setRoom(element.clientWidth || 1000);
    // Whole steps, so that scrolling by a pixel does not draw the rows again.
    const follow = () => setScrolled(Math.floor(element.scrollLeft / 40) * 40);
    measure();
    const sizes = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(measure);
    sizes?.observe(element);
    element.addEventListener('scroll', follow, { passive: true });
    return () => {
      sizes?.disconnect();
      element.removeEventListener('scroll', follow);
    };
  }, [scroller]);
  return { room, scrolled };
}

export function Grid(props: GridProps) {
  const { count, columns, rowKey, selection, rowHeight = 36, maxHeight, listKey = '', onRange } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<GridPlace>({ row: 0, column: -1 });
  const { room, scrolled } = useWindow(scroller);
  const sizes = useMemo((): ColumnSize[] => {
    const check = { id: CHECK, width: CHECK_WIDTH, pinned: true };
    return selection ? [check, ...columns] : columns;
  }, [columns, selection]);
  const layout = useMemo(() => placeColumns(sizes, room), [sizes, room]);
  // A narrow window would hold nothing but pinned columns: there they scroll like the others.
  const sticks = layout.pinnedWidth < room * 0.6;
  const [first, end] = visibleColumns(sticks ? layout : { ...layout, pinnedWidth: 0 }, scrolled, room + 40);
  const shown = useMemo(() => layout.scrolling.slice(first, end), [layout, first, end]);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    initialRect: { width: window.innerWidth - AROUND.width, height: Math.min(maxHeight ?? Infinity, window.innerHeight - AROUND.height) },
    getItemKey: rowKey,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useRowAnchor(scroller, count, rowKey, rowHeight, listKey);
  useEffect(() => onRange?.(last), [onRange, last]);

  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const placed = useMemo(() => [...layout.pinned, ...layout.scrolling], [layout]);
  const current = Math.min(active.row, count - 1);

  const focusCell = useCallback(
    (row: number, column: number) => {
      const to = Math.max(-1, Math.min(row, count - 1));
      const at = Math.max(to < 0 ? 0 : -1, Math.min(column, placed.length - 1));
      setActive({ row: to, column: at });
      if (to >= 0) rows.scrollToIndex(to);
      const place = placed[at];
      const element = scroller.current;
      if (place && element && at >= layout.pinned.length) {
        const seen = element.clientWidth - layout.pinnedWidth;
        if (place.left - layout.pinnedWidth < element.scrollLeft) element.scrollLeft = place.left - layout.pinnedWidth;
        else if (place.left + place.width - layout.pinnedWidth > element.scrollLeft + seen) {
          element.scrollLeft = place.left + place.width - layout.pinnedWidth - seen;
        }
      }
      const name = to < 0 ? `[data-head="${at}"]` : at < 0 ? `[data-index="${to}"]` : `[data-index="${to}"] [data-column="${at}"]`;
      const focus = () => {
        const found = scroller.current?.querySelector<HTMLElement>(name);
        found?.focus({ preventScroll: true });
        return Boolean(found);
      };
      // A row or column that was out of sight is drawn in the next frame or the one after.
      if (!focus()) requestAnimationFrame(() => focus() || requestAnimationFrame(focus));
    },
    [count, placed, layout, rows],
  );
  // A head cell that the keyboard moves or pins is drawn again in another place: the focus goes there with it.
  const moving = useRef<{ id: string; from: string } | null>(null);
  const placeOf = useCallback((id: string) => `${layout.pinned.some((one) => one.id === id)} ${placed.findIndex((one) => one.id === id)}`, [layout, placed]);
  useLayoutEffect(() => {
    const kept = moving.current;
    if (!kept || placeOf(kept.id) === kept.from) return;
    moving.current = null;
    const to = placed.findIndex((one) => one.id === kept.id);
    if (to >= 0) focusCell(-1, to);
  }, [placed, placeOf, focusCell]);
  useImperativeHandle(props.handle, () => ({ scroller: scroller.current, focusRow: (row) => focusCell(row, -1) }));

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || current < 0) return;
    // Keys typed inside a cell's own control are that control's.
    if (target.dataset.index === undefined && target.dataset.column === undefined) return;
    if (handleRowKey(event, props, { row: current, column: active.column }, { focusCell, page: pageOf(scroller.current, rowHeight), columns: placed.length })) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const body = count * rowHeight;
  const height = maxHeight === undefined ? undefined : Math.min(maxHeight, HEAD_HEIGHT + body + 2);
  const tree = props.branch !== undefined;
  return (
    <div
      ref={scroller}
      className={`${styles.scroller} ${props.className ?? ''}`}
      style={height === undefined ? undefined : { height, flex: 'none' }}
      role={tree ? 'treegrid' : 'grid'}
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={placed.length}
      aria-multiselectable={selection ? true : undefined}
      onKeyDown={onKeyDown}
    >
      <GridHead
        grid={props}
        byId={byId}
        pinned={layout.pinned}
        shown={shown}
        width={layout.width}
        sticks={sticks}
        active={active.row < 0 ? active.column : null}
        onFocusCell={focusCell}
        onActive={setActive}
        onPlacing={(id) => {
          moving.current = { id, from: placeOf(id) };
        }}
      />
      <div role="rowgroup" className={styles.body} style={{ height: body, minWidth: layout.width }}>
        {items.map(({ index, key, start }) => (
          <GridRow
            key={key}
            grid={props}
            byId={byId}
            index={index}
            top={start}
            height={rowHeight}
            pinned={layout.pinned}
            shown={shown}
            sticks={sticks}
            column={index === current ? active.column : null}
            onActive={setActive}
          />
        ))}
      </div>
      {props.footer}
    </div>
  );
}

/** The id of the column of boxes. */
export const CHECK = ' check';

/** The place of a menu: the pointer, or the row where the menu key has none. */
export function menuPlace(event: MouseEvent): MenuPlace {
  if (event.clientX === 0 && event.clientY === 0 && event.currentTarget instanceof HTMLElement) return event.currentTarget;
  const { clientX, clientY } = event;
  return { getBoundingClientRect: () => new DOMRect(clientX, clientY, 0, 0) };
}
