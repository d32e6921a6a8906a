/** What a chart or a table of a report stands in: title, runs, and what is said where there is nothing to show. */
import { Spinner } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import type { FoundRuns } from '../../api/reports';
import type { ReportRuns } from '../../api/schema';
import styles from './BlockFigure.module.css';
import { RunsLine, useProblem } from './RunsLine';

interface Props {
  title: string;
  source: ReportRuns;
  found: FoundRuns;
  /** Said while the runs are read. */
  loading: string;
  /** What is missing besides runs; "" for nothing. */
  lack?: string;
  children: ReactNode;
}

export function BlockFigure({ title, source, found, loading, lack = '', children }: Props) {
  const problem = useProblem(found) ?? lack;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <strong className={styles.title}>{title}</strong>
        <RunsLine source={source} found={found} />
      </figcaption>
      {found.pending ? <Spinner size="tiny" label={loading} className={styles.note} /> : problem ? <p className={styles.note}>{problem}</p> : children}
    </figure>
  );
}
