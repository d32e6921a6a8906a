/** Our additions to all cells, and the tables in their outputs. */
import { startTransition, useEffect, useMemo, useState } from 'react';
import { createPortal } from 'react-dom';
import { useNotebookRuns } from '../../../api/runs';
import type { Notebook } from '../../../api/schema';
import { Exceeded } from '../frame/Exceeded';
import { FrameView } from '../frame/FrameView';
import { Truncated } from '../frame/Truncated';
import { WaysOut } from '../frame/WaysOut';
import { EXCEEDED_TYPE, TRUNCATED_TYPE, WAYS_OUT_TYPE, type Place } from '../lab/frames';
import type { NotebookHost } from '../lab/notebookHost';
import { useSignals } from '../lab/signals';
import { CellChrome } from './CellChrome';
import { byCell } from './madeRuns';

interface Props {
  host: NotebookHost;
  element: HTMLElement;
  me: string;
  record: Notebook;
  restart: () => Promise<void>;
}

/** The node of the cell under the pointer. */
function useHovered(element: HTMLElement): Element | null {
  const [hovered, setHovered] = useState<Element | null>(null);
  useEffect(() => {
    const over = ({ target }: Event) => setHovered(target instanceof Element ? target.closest('.jp-Cell') : null);
    const leave = () => setHovered(null);
    element.addEventListener('pointerover', over);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointerover', over);
      element.removeEventListener('pointerleave', leave);
    };
  }, [element]);
  return hovered;
}

/** Cells that are completed with the page, and those that follow at a time: all of 500 at once would hold the page up. */
const FIRST = 20;
const STEP = 40;

/** How many cells have our additions already. */
function useCompleted(total: number): number {
  const [completed, setCompleted] = useState(FIRST);
  useEffect(() => {
    if (completed >= total) return undefined;
    const next = setTimeout(() => startTransition(() => setCompleted(completed + STEP)));
    return () => clearTimeout(next);
  }, [completed, total]);
  return completed;
}

export function Cells({ host, element, me, record, restart }: Props) {
  const notebook = host.panel.content;
  useSignals(notebook.activeCellChanged, notebook.stateChanged, host.panel.context.model.cells.changed);
  const hovered = useHovered(element);
  // A cell that has just left the notebook may still stand among its widgets.
  const cells = notebook.widgets.filter((cell) => !cell.isDisposed && !cell.model.isDisposed);
  const completed = useCompleted(cells.length);
  const { data } = useNotebookRuns(record.workspace, record.id);
  const made = useMemo(() => byCell(data?.runs ?? []), [data]);
  return (
    <>
      {cells.map((cell, i) => {
        const active = cell === notebook.activeCell;
        const tools = active || cell.node === hovered;
        if (i >= completed && !tools) return null;
        return (
          <CellChrome
            key={cell.model.id}
            host={host}
            cell={cell}
            me={me}
            active={active}
            tools={tools}
            last={i === cells.length - 1}
            workspace={record.workspace}
            made={made.get(cell.model.id)}
          />
        );
      })}
      <FramePlaces host={host} record={record} restart={restart} />
    </>
  );
}

type OutputProps = Pick<Props, 'host' | 'record' | 'restart'>;

function FramePlaces(props: OutputProps) {
  const { frames } = props.host;
  useSignals(frames.changed);
  return frames.places.map((place) => createPortal(<PlacedOutput place={place} {...props} />, place.node, String(place.key)));
}

function PlacedOutput({ place: { node, type, data }, host, ...rest }: OutputProps & { place: Place }) {
  if (type === TRUNCATED_TYPE) return <Truncated data={data} host={host} />;
  if (type === EXCEEDED_TYPE) return <Exceeded data={data} />;
  if (type === WAYS_OUT_TYPE) return <WaysOut data={data} host={host} node={node} {...rest} />;
  return <FrameView data={data} host={host} node={node} />;
}
