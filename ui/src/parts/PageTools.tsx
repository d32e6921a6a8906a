/** The line of buttons above a page's list; `end` stands at the right. */
import type { ReactNode } from 'react';
import styles from './PageTools.module.css';

export function PageTools({ children, end }: { children: ReactNode; end?: ReactNode }) {
  return (
    <div className={styles.tools}>
      {children}
      {end && <div className={styles.end}>{end}</div>}
    </div>
  );
}
