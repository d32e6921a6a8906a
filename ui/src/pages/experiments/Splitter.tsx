/** Splitter of the comparison pane, moved by dragging or with the arrow keys. */
import type { KeyboardEvent, PointerEvent } from 'react';
import styles from './Splitter.module.css';

const LEAST = 160;
const STEP = 24;

interface Props {
  height: number;
  onHeight: (height: number) => void;
  label: string;
}

export function Splitter({ height, onHeight, label }: Props) {
  const set = (next: number) => onHeight(Math.max(LEAST, Math.min(next, window.innerHeight * 0.7)));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    const start = event.clientY;
    const element = event.currentTarget;
    const move = (now: globalThis.PointerEvent) => set(height + start - now.clientY);
    const stop = () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', stop);
      element.removeEventListener('pointercancel', stop);
    };
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', stop);
    element.addEventListener('pointercancel', stop);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowUp') set(height + STEP);
    else if (event.key === 'ArrowDown') set(height - STEP);
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label={label}
      aria-valuenow={Math.round(height)}
      className={styles.splitter}
      onPointerDown={drag}
      onKeyDown={press}
    />
  );
}
