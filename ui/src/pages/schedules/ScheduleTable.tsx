/** The schedules of a workspace as a grid: when each runs next, and how its last run went. */
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { Schedule } from '../../api/schema';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { JobState } from './JobState';
import { NextTime } from './NextTime';
import { ScheduleActions } from './ScheduleActions';
import styles from './ScheduleTable.module.css';
import { useChosen } from './useChoices';
import { useWhen } from './useWhen';

export function ScheduleTable({ schedules }: { schedules: Schedule[] }) {
  const { t } = useTranslation('schedules');
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'notebook', label: t('columns.notebook'), width: 180, grow: true },
      { id: 'when', label: t('columns.when'), width: 260, grow: true },
      { id: 'owner', label: t('columns.owner'), width: 120 },
      { id: 'session', label: t('columns.session'), width: 190 },
      { id: 'next', label: t('columns.next'), width: 190 },
      { id: 'last', label: t('columns.last'), width: 200 },
      { id: 'actions', label: t('columns.actions'), width: 124 },
    ],
    [t],
  );
  const cell = (index: number, column: string): ReactNode => {
    const schedule = schedules[index];
    return schedule ? <ScheduleCell schedule={schedule} column={column} /> : null;
  };
  return (
    <Grid
      className={styles.grid}
      label={t('title')}
      count={schedules.length}
      columns={columns}
      rowHeight={44}
      rowKey={(index) => schedules[index]?.id ?? String(index)}
      cell={cell}
    />
  );
}

function ScheduleCell({ schedule, column }: { schedule: Schedule; column: string }) {
  const { t } = useTranslation('schedules');
  const when = useWhen();
  if (column === 'notebook') {
    return (
      <Link className={`${styles.name} hl-line`} to={path`/workspaces/${schedule.workspace}/schedules/${schedule.id}`}>
        <MiddleEllipsis text={schedule.notebook_name} />
      </Link>
    );
  }
  if (column === 'when') {
    const words = when(schedule);
    return (
      <span className="hl-line" title={words}>
        {words}
      </span>
    );
  }
  if (column === 'session') return <Session schedule={schedule} />;
  if (column === 'owner') return <span className="hl-line">{schedule.owner_name}</span>;
  if (column === 'next') return <NextTime schedule={schedule} />;
  if (column === 'actions') return <ScheduleActions schedule={schedule} />;
  if (!schedule.last) return <span className={styles.quiet}>{t('neverRan')}</span>;
  return (
    <Link className={`${styles.name} hl-line`} to={path`/workspaces/${schedule.workspace}/jobs/${schedule.last.id}`}>
      <JobState job={schedule.last} />
    </Link>
  );
}

/** What its runs use instead of what their notebook has chosen. */
function Session({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation('schedules');
  const names = useChosen(schedule.workspace)(schedule)
    .map(({ name }) => name)
    .join(', ');
  return names ? (
    <span className="hl-line" title={names}>
      {names}
    </span>
  ) : (
    <span className={`${styles.quiet} hl-line`}>{t('form.asNotebook')}</span>
  );
}
