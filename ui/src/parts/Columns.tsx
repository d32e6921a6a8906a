/** Two columns of sections, one below the other in narrow windows. `Wide` spans both. */
import type { ReactNode } from 'react';
import styles from './Columns.module.css';

export function Columns({ children }: { children: ReactNode }) {
  return <div className={styles.columns}>{children}</div>;
}

export function Column({ children }: { children: ReactNode }) {
  return <div className={styles.column}>{children}</div>;
}

export function Wide({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <section className={styles.wide} aria-label={label}>
      {children}
    </section>
  );
}
