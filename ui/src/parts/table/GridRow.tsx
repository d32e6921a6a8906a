/** One row of the grid: its pinned cells, and those of its cells that the window shows. */
import { memo, type MouseEvent } from 'react';
import { CHECK, menuPlace, type GridColumn, type GridPlace, type GridProps } from './Grid';
import styles from './GridRow.module.css';
import type { PlacedColumn } from './layout';

interface Props {
  grid: GridProps;
  byId: Map<string, GridColumn>;
  index: number;
  top: number;
  height: number;
  pinned: PlacedColumn[];
  shown: PlacedColumn[];
  sticks: boolean;
  /** The column that Tab reaches, -1 for the row itself; null: another row has the Tab stop. */
  column: number | null;
  onActive: (place: GridPlace) => void;
}

/** Uses plain elements instead of Fluent's for speed, since scrolling mounts many rows. */
function Row({ grid, byId, index, top, height, pinned, shown, sticks, column, onActive }: Props) {
  const { selection, cell, branch, isLoaded, onMenu } = grid;
  const style = { top, height };
  if (isLoaded && !isLoaded(index)) {
    return (
      <div role="row" aria-rowindex={index + 2} className={styles.row} style={style}>
        <span role="gridcell" className={styles.bone} />
      </div>
    );
  }
  const picked = selection?.isPicked(index) ?? false;
  const place = branch?.(index);
  const openMenu = (event: MouseEvent) => {
    event.preventDefault();
    onMenu?.(index, menuPlace(event));
  };
  const draw = (at: PlacedColumn, stuck: boolean) => {
    const info = byId.get(at.id);
    const classes = [styles.cell, info?.align === 'end' ? styles.end : '', stuck ? styles.stuck : '', at.id === CHECK ? styles.check : ''];
    return (
      <span
        key={at.id}
        role="gridcell"
        aria-colindex={at.index + 1}
        data-column={at.index}
        data-name={at.id}
        tabIndex={column === at.index ? 0 : -1}
        className={classes.filter(Boolean).join(' ')}
        style={stuck ? { width: at.width, left: at.left } : { width: at.width }}
        onFocus={(event) => {
          if (event.target === event.currentTarget) onActive({ row: index, column: at.index });
        }}
      >
        {at.id === CHECK && selection ? (selection.canPick?.(index) === false ? null : (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={selection.rowLabel(index)}
            checked={picked}
            onClick={(event) => selection.onPick(index, event.shiftKey)}
            onChange={() => undefined}
          />
        )) : (
          cell(index, at.id)
        )}
      </span>
    );
  };
  const gap = (shown[0]?.left ?? 0) - pinned.reduce((sum, one) => sum + one.width, 0);
  const own = grid.rowClass?.(index);
  return (
    <div
      {...grid.rowDrags?.(index)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selection ? picked : undefined}
      aria-level={place?.level}
      aria-expanded={place?.expanded ?? undefined}
      data-index={index}
      tabIndex={column === -1 ? 0 : -1}
      className={`${styles.row} ${picked ? styles.picked : ''} ${own ?? ''}`}
      style={style}
      onContextMenu={onMenu ? openMenu : undefined}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onActive({ row: index, column: -1 });
      }}
    >
      {pinned.map((at) => draw(at, sticks))}
      {gap > 0 && <span aria-hidden style={{ width: gap, flex: 'none' }} />}
      {shown.map((at) => draw(at, false))}
    </div>
  );
}

/** While one scrolls only new rows are drawn: the others get the same props. */
export const GridRow = memo(Row);
