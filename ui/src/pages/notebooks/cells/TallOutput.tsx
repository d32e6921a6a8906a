/** Keeps outputs that are taller than a screen short until a person opens them. */
import { CodeCell, type Cell } from '@jupyterlab/cells';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './TallOutput.module.css';

/** Of the window's height, from which on an output is kept short. */
const TALL = 1.2;

/** Whether the outputs are too tall. */
function useTall(cell: Cell, open: boolean): boolean {
  const [tall, setTall] = useState(false);
  useEffect(() => {
    if (!(cell instanceof CodeCell)) return undefined;
    const { outputArea } = cell;
    const { node, model } = outputArea;
    let frame = 0;
    const measure = () => {
      frame = 0;
      if (!cell.isDisposed) setTall(node.scrollHeight > TALL * window.innerHeight);
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure); // once a frame, when the page lays out anyway
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(node);
    model.changed.connect(soon);
    return () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      model.changed.disconnect(soon);
    };
  }, [cell]);
  useEffect(() => {
    if (cell instanceof CodeCell && !cell.isDisposed) cell.outputArea.node.classList.toggle('handloom-tall', tall && !open);
  }, [cell, tall, open]);
  return tall;
}

export function TallOutput({ cell }: { cell: Cell }) {
  const { t } = useTranslation('notebooks');
  const [open, setOpen] = useState(false);
  const tall = useTall(cell, open);
  if (!tall) return null;
  return (
    <button type="button" className={styles.tall} aria-expanded={open} onClick={() => setOpen(!open)}>
      {t(open ? 'outputs.less' : 'outputs.more')}
    </button>
  );
}
