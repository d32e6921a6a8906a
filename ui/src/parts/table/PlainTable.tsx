/** A short table whose rows are all drawn. `Grid` is for lists whose length a user's data decides. */
import type { ReactNode } from 'react';
import styles from './PlainTable.module.css';

export function PlainTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    <table className={styles.table} aria-label={label}>
      {children}
    </table>
  );
}
