/** The first cell of a line of a frame: its number, which stays in sight when the frame is scrolled sideways. */
import type { ReactNode } from 'react';
import styles from './RowNumber.module.css';

export function RowNumber({ role, children }: { role: 'columnheader' | 'rowheader'; children?: ReactNode }) {
  return (
    <span role={role} className={styles.number}>
      {children}
    </span>
  );
}
