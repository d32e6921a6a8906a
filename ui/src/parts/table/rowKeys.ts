/** What keys do on a row of the grid or one of its cells. */
import type { KeyboardEvent } from 'react';
import type { GridProps } from './Grid';

export function pageOf(element: HTMLElement | null, rowHeight: number): number {
  return Math.max(1, Math.floor((element?.clientHeight ?? 0) / rowHeight) - 2);
}

interface Moves {
  focusCell: (row: number, column: number) => void;
  page: number;
  columns: number;
}

/** Left and right on a row: open and close a branch, then walk into its cells. */
function moveSideways(key: string, grid: GridProps, at: { row: number; column: number }, moves: Moves): void {
  const branch = grid.branch?.(at.row);
  const right = key === 'ArrowRight';
  if (at.column < 0 && branch && branch.expanded !== null && branch.expanded !== right) grid.onExpand?.(at.row, right);
  else moves.focusCell(at.row, at.column + (right ? 1 : -1));
}

/** What a key does on a row or one of its cells; returns whether it did anything. */
export function handleRowKey(event: KeyboardEvent, grid: GridProps, at: { row: number; column: number }, moves: Moves): boolean {
  const { key } = event;
  const targets: Record<string, number> = {
    ArrowDown: at.row + 1,
    ArrowUp: at.row - 1,
    PageDown: at.row + moves.page,
    PageUp: Math.max(0, at.row - moves.page),
    Home: 0,
    End: grid.count - 1,
  };
  const to = targets[key];
  const command = event.ctrlKey || event.metaKey;
  if (to !== undefined && !command && !event.altKey) {
    if (event.shiftKey && grid.selection && to >= 0 && to < grid.count && (key === 'ArrowDown' || key === 'ArrowUp')) {
      if (!grid.selection.isPicked(at.row)) grid.selection.onPick(at.row, false);
      if (!grid.selection.isPicked(to)) grid.selection.onPick(to, true);
    }
    moves.focusCell(to, at.column);
    return true;
  }
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    moveSideways(key, grid, at, moves);
    return true;
  }
  if (key === ' ' && grid.selection) {
    grid.selection.onPick(at.row, event.shiftKey);
    return true;
  }
  if (key === 'Enter') return openOrPress(event, grid, at);
  if ((key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) && grid.onMenu && event.currentTarget instanceof HTMLElement) {
    grid.onMenu(at.row, event.target instanceof HTMLElement ? event.target : event.currentTarget);
    return true;
  }
  return grid.onRowKey?.(at.row, event) ?? false;
}

/** Enter on a cell presses the link or button in it; on a row, or a cell without one, it opens the row. */
function openOrPress(event: KeyboardEvent, grid: GridProps, at: { row: number; column: number }): boolean {
  const inner = at.column >= 0 && event.target instanceof HTMLElement ? event.target.querySelector<HTMLElement>('a, button, input') : null;
  if (inner) inner.click();
  else if (grid.onOpen) grid.onOpen(at.row);
  else return false;
  return true;
}
