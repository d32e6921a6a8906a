/** A card with what one run has of a file, under the run's name. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import styles from './RunFigure.module.css';
import type { FileRun } from './sharedFiles';

export function RunFigure({ run, aside, children }: { run: FileRun; aside?: ReactNode; children: ReactNode }) {
  return (
    <figure className={styles.figure} aria-label={run.name}>
      <figcaption className={styles.caption}>
        <span className={styles.dot} style={{ background: run.color }} aria-hidden />
        <Link to={run.to} className={styles.link}>
          <MiddleEllipsis text={run.name} />
        </Link>
        <span className={styles.aside}>{aside}</span>
      </figcaption>
      <div className={styles.body}>{children}</div>
    </figure>
  );
}
