/** The head of the grid. Enter sorts, Shift+Enter by one more column; Alt+arrows move a column, Shift+arrows resize it, P pins it; the mouse drags. */
import { ArrowDownRegular, ArrowUpRegular, PinRegular } from '@fluentui/react-icons';
import { useRef, useState, type DragEvent, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { CHECK, HEAD_HEIGHT, type GridColumn, type GridPlace, type GridProps } from './Grid';
import styles from './GridHead.module.css';
import type { PlacedColumn } from './layout';

const LEAST_WIDTH = 56;
const MOST_WIDTH = 900;
const STEP = 16;

interface Props {
  grid: GridProps;
  byId: Map<string, GridColumn>;
  pinned: PlacedColumn[];
  shown: PlacedColumn[];
  width: number;
  sticks: boolean;
  /** The head cell that has the focus; null: a row has it. */
  active: number | null;
  onFocusCell: (row: number, column: number) => void;
  onActive: (place: GridPlace) => void;
  /** The keyboard is about to move or pin this column. */
  onPlacing: (id: string) => void;
}

export function GridHead({ grid, byId, pinned, shown, width, sticks, active, onFocusCell, onActive, onPlacing }: Props) {
  const { selection } = grid;
  const [dragged, setDragged] = useState<string | null>(null);
  const gap = (shown[0]?.left ?? 0) - pinned.reduce((sum, one) => sum + one.width, 0);
  const draw = (at: PlacedColumn, stuck: boolean) => {
    const column = byId.get(at.id);
    if (at.id === CHECK && selection) {
      const all = selection.all ?? false;
      return (
        <span key={at.id} role="columnheader" aria-colindex={1} className={`${styles.cell} ${styles.check} ${stuck ? styles.stuck : ''}`} style={{ width: at.width, left: at.left }}>
          {selection.onPickAll && (
            <input
              type="checkbox"
              data-head={at.index}
              tabIndex={active === at.index ? 0 : -1}
              aria-label={selection.allLabel}
              checked={all === true}
              ref={(box) => {
                if (box) box.indeterminate = all === 'mixed';
              }}
              onFocus={() => onActive({ row: -1, column: at.index })}
              onKeyDown={(event) => moveHead(event, at.index, onFocusCell)}
              onChange={selection.onPickAll}
            />
          )}
        </span>
      );
    }
    if (!column) return null;
    return (
      <HeadCell
        key={at.id}
        grid={grid}
        column={column}
        at={at}
        stuck={stuck}
        tabIndex={active === at.index ? 0 : -1}
        dragged={dragged}
        onDragged={setDragged}
        onFocusCell={onFocusCell}
        onActive={onActive}
        onPlacing={onPlacing}
      />
    );
  };
  return (
    <div role="row" aria-rowindex={1} className={styles.head} style={{ height: HEAD_HEIGHT, minWidth: width }}>
      {pinned.map((at) => draw(at, sticks))}
      {gap > 0 && <span aria-hidden style={{ width: gap, flex: 'none' }} />}
      {shown.map((at) => draw(at, false))}
    </div>
  );
}

function moveHead(event: KeyboardEvent, at: number, onFocusCell: Props['onFocusCell']): boolean {
  if (event.key === 'ArrowDown') onFocusCell(0, -1);
  else if (event.key === 'ArrowRight') onFocusCell(-1, at + 1);
  else if (event.key === 'ArrowLeft') onFocusCell(-1, at - 1);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

interface CellProps {
  grid: GridProps;
  column: GridColumn;
  at: PlacedColumn;
  stuck: boolean;
  tabIndex: number;
  dragged: string | null;
  onDragged: (id: string | null) => void;
  onFocusCell: Props['onFocusCell'];
  onActive: (place: GridPlace) => void;
  onPlacing: Props['onPlacing'];
}

function HeadCell({ grid, column, at, stuck, tabIndex, dragged, onDragged, onFocusCell, onActive, onPlacing }: CellProps) {
  const { t } = useTranslation('shell');
  const [over, setOver] = useState(false);
  const { id, label, sort, movable = false } = column;
  const canMove = movable && grid.onMove !== undefined;
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const side = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const movables = grid.columns.filter((one) => one.movable && Boolean(one.pinned) === Boolean(column.pinned)).map((one) => one.id);
    if (side && event.altKey && canMove) {
      const place = movables.indexOf(id);
      const before = side > 0 ? (movables[place + 2] ?? null) : (movables[place - 1] ?? null);
      if (side > 0 ? place < movables.length - 1 : place > 0) {
        onPlacing(id);
        grid.onMove?.(id, before);
      }
    } else if (side && event.shiftKey && grid.onResize) grid.onResize(id, Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, at.width + side * STEP)));
    else if (event.key.toLowerCase() === 'p' && !event.ctrlKey && !event.metaKey && movable && grid.onPin) {
      onPlacing(id);
      grid.onPin(id, !column.pinned);
    }
    else if ((event.key === 'Enter' || event.key === ' ') && column.onSort) column.onSort(event.shiftKey);
    else if (moveHead(event, at.index, onFocusCell)) return;
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (dragged && dragged !== id) grid.onMove?.(dragged, id);
    onDragged(null);
  };
  const classes = [styles.cell, column.align === 'end' ? styles.end : '', stuck ? styles.stuck : '', over ? styles.over : ''];
  const hint = [label, ...(column.onSort && grid.sortsByMany ? [t('grid.sortHint')] : []), ...(canMove ? [t('grid.headHint')] : [])].join('\n');
  return (
    <span
      role="columnheader"
      aria-colindex={at.index + 1}
      aria-sort={sort}
      data-head={at.index}
      data-name={id}
      tabIndex={tabIndex}
      aria-label={label}
      className={classes.filter(Boolean).join(' ')}
      style={{ width: at.width, left: stuck ? at.left : undefined }}
      title={hint}
      draggable={canMove}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onActive({ row: -1, column: at.index });
      }}
      onKeyDown={press}
      onDragStart={() => onDragged(id)}
      onDragEnd={() => onDragged(null)}
      onDragOver={(event) => {
        if (!dragged || !canMove) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {column.head ?? (
        <button type="button" tabIndex={-1} className={styles.sort} disabled={!column.onSort} aria-label={column.onSort ? t('grid.sortBy', { column: label }) : undefined} onClick={(event) => column.onSort?.(event.shiftKey)}>
          <span className="hl-line">{label}</span>
          {sort === 'descending' && <ArrowDownRegular fontSize={14} />}
          {sort === 'ascending' && <ArrowUpRegular fontSize={14} />}
          {column.sortRank !== undefined && <span className={styles.rank}>{column.sortRank}</span>}
        </button>
      )}
      {column.pinned && movable && <PinRegular fontSize={12} className={styles.pin} aria-hidden />}
      {grid.onResize && <Resizer label={t('grid.resize', { column: label })} width={at.width} onWidth={(width) => grid.onResize?.(id, width)} />}
    </span>
  );
}

/** The right edge of a head cell: dragged with the mouse. The keyboard's way is Shift+arrows on the cell. */
function Resizer({ label, width, onWidth }: { label: string; width: number; onWidth: (width: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const move = (event: PointerEvent<HTMLSpanElement>) => {
    if (!start.current) return;
    onWidth(Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, start.current.width + event.clientX - start.current.x)));
  };
  const stop = () => {
    start.current = null;
  };
  return (
    <span
      className={styles.resizer}
      title={label}
      aria-hidden
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={move}
      onPointerUp={stop}
      onPointerCancel={stop}
      onClick={(event) => event.stopPropagation()}
    />
  );
}
