/** The charts of a displayed frame, kept in the metadata of its cell: running the cell again does not lose them. */
import type { Cell } from '@jupyterlab/cells';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { FRAME_TYPE } from '../../lab/frames';
import type { NotebookHost } from '../../lab/notebookHost';
import { useSignals } from '../../lab/signals';
import { CHARTS_KEY, readCharts, type FrameChart } from './frameChart';

export interface FrameCharts {
  charts: FrameChart[];
  /** Put a chart in, or over the one with its id. Null removes it. */
  put: (id: string, chart: FrameChart | null) => void;
  table: number;
}

interface Position {
  cell: Cell;
  table: number;
}

/** The cell of an output, and which of its tables the output is. */
function findPosition(host: NotebookHost, node: HTMLElement): Position | null {
  const cell = host.panel.content.widgets.find((one) => one.node.contains(node));
  if (!cell) return null;
  const tables = host.frames.places
    .filter((one) => one.type === FRAME_TYPE && cell.node.contains(one.node))
    .map((one) => one.node)
    .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  return { cell, table: tables.indexOf(node) };
}

/** Null where the frame is not an output of a cell. */
export function useFrameCharts(host: NotebookHost, node: HTMLElement | null): FrameCharts | null {
  const [position, setPosition] = useState<Position | null>(null);
  const placed = useSignals(host.frames.changed, host.panel.context.model.cells.changed);
  useEffect(() => {
    if (!node) return;
    let frame = 0;
    const look = (left: number) => {
      const found = findPosition(host, node);
      if (found || left === 0) {
        setPosition((old) => (found && old?.cell === found.cell && old.table === found.table ? old : found));
      } else {
        frame = requestAnimationFrame(() => look(left - 1)); // an output is drawn before it is put into its cell
      }
    };
    look(30);
    return () => cancelAnimationFrame(frame);
  }, [host, node, placed]);

  const model = position && !position.cell.isDisposed ? position.cell.model : null;
  const table = position?.table ?? 0;
  const changes = useSignals(model?.metadataChanged ?? host.frames.changed);
  const put = useCallback(
    (id: string, chart: FrameChart | null) => {
      if (!model || model.isDisposed) return;
      const all = readCharts(model.getMetadata(CHARTS_KEY));
      const at = all.findIndex((one) => one.id === id);
      const next = at < 0 ? [...all, chart] : all.map((one, i) => (i === at ? chart : one));
      const kept = next.filter((one) => one !== null);
      if (kept.length === 0) model.deleteMetadata(CHARTS_KEY);
      else model.setMetadata(CHARTS_KEY, JSON.parse(JSON.stringify(kept)));
    },
    [model],
  );
  return useMemo(() => {
    if (!model || model.isDisposed) return null;
    const charts = readCharts(model.getMetadata(CHARTS_KEY)).filter((one) => one.table === table);
    return { charts, put, table };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `changes` tells that the metadata is another one
  }, [model, table, put, changes]);
}
