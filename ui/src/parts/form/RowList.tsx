/** A list of things with two lines of text each and buttons beside them: tokens, mounts, browsers, members. */
import type { ReactNode } from 'react';
import styles from './RowList.module.css';

export function RowList({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <ul className={styles.list} aria-label={label}>
      {children}
    </ul>
  );
}

export function RowListItem({ children }: { children: ReactNode }) {
  return <li className={styles.row}>{children}</li>;
}

/** The two lines; `detail` is in small grey letters. */
export function RowText({ children, detail }: { children: ReactNode; detail: ReactNode }) {
  return (
    <div className={styles.text}>
      {children}
      <span className={styles.detail}>{detail}</span>
    </div>
  );
}
