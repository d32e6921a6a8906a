/** Our additions to all cells, and the tables in their outputs. */
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { FrameView } from '../frame/FrameView';
import { Truncated } from '../frame/Truncated';
import { TRUNCATED_TYPE } from '../lab/frames';
import type { Island } from '../lab/island';
import { useSignals } from '../lab/signals';
import { CellChrome } from './CellChrome';

interface Props {
  island: Island;
  host: HTMLElement;
  me: string;
  onInterrupt: () => void;
}

/** The node of the cell under the pointer. */
function useHovered(host: HTMLElement): Element | null {
  const [hovered, setHovered] = useState<Element | null>(null);
  useEffect(() => {
    const over = ({ target }: Event) => setHovered(target instanceof Element ? target.closest('.jp-Cell') : null);
    const leave = () => setHovered(null);
    host.addEventListener('pointerover', over);
    host.addEventListener('pointerleave', leave);
    return () => {
      host.removeEventListener('pointerover', over);
      host.removeEventListener('pointerleave', leave);
    };
  }, [host]);
  return hovered;
}

export function Cells({ island, host, me, onInterrupt }: Props) {
  const notebook = island.panel.content;
  useSignals(notebook.activeCellChanged, notebook.stateChanged, island.panel.context.model.cells.changed);
  const hovered = useHovered(host);
  // A cell that has just left the notebook may still stand among its widgets.
  const cells = notebook.widgets.filter((cell) => !cell.isDisposed && !cell.model.isDisposed);
  return (
    <>
      {cells.map((cell, i) => (
        <CellChrome
          key={cell.model.id}
          island={island}
          cell={cell}
          me={me}
          tools={cell === notebook.activeCell || cell.node === hovered}
          last={i === cells.length - 1}
          onInterrupt={onInterrupt}
        />
      ))}
      <FramePlaces island={island} />
    </>
  );
}

function FramePlaces({ island }: { island: Island }) {
  useSignals(island.frames.changed);
  return island.frames.places.map(({ key, node, type, data }) =>
    createPortal(type === TRUNCATED_TYPE ? <Truncated data={data} island={island} /> : <FrameView data={data} />, node, String(key)),
  );
}
