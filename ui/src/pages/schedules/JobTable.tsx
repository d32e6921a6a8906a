/** The history of a schedule as a grid: when each run began, how long it took, how it ended and why. */
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { Job } from '../../api/schema';
import { formatDate } from '../../lib/format';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { JobDuration } from './JobDuration';
import { JobState, useReason } from './JobState';
import styles from './JobTable.module.css';

export function JobTable({ jobs }: { jobs: Job[] }) {
  const { t } = useTranslation('schedules');
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'state', label: t('columns.state'), width: 180 },
      { id: 'at', label: t('columns.at'), width: 210 },
      { id: 'took', label: t('columns.took'), width: 110 },
      { id: 'trigger', label: t('columns.trigger'), width: 150 },
      { id: 'error', label: t('columns.error'), width: 280, grow: true },
    ],
    [t],
  );
  const cell = (index: number, column: string): ReactNode => {
    const job = jobs[index];
    return job ? <JobCell job={job} column={column} /> : null;
  };
  return (
    <Grid
      className={styles.grid}
      label={t('history')}
      count={jobs.length}
      columns={columns}
      rowHeight={40}
      rowKey={(index) => jobs[index]?.id ?? String(index)}
      cell={cell}
    />
  );
}

function JobCell({ job, column }: { job: Job; column: string }) {
  const { t, i18n } = useTranslation('schedules');
  const reason = useReason()(job);
  if (column === 'state') {
    return (
      <Link className={`${styles.link} hl-line`} to={path`/workspaces/${job.workspace}/jobs/${job.id}`}>
        <JobState job={job} />
      </Link>
    );
  }
  if (column === 'at') return <span className="hl-line">{formatDate(job.started_at ?? job.scheduled_for ?? job.created_at, i18n.language)}</span>;
  if (column === 'took') return <JobDuration job={job} />;
  if (column === 'trigger') {
    return <span className="hl-line">{t(`trigger.${job.trigger}`, { count: job.attempt })}</span>;
  }
  return (
    <span className="hl-line" title={reason}>
      {reason}
    </span>
  );
}
