/** One schedule: what it does, and the history of its runs. */
import { Button } from '@fluentui/react-components';
import { CalendarClockRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { path } from '../../api/client';
import { useSchedule, useScheduleJobs } from '../../api/schedules';
import type { Schedule } from '../../api/schema';
import { writeParameter } from '../../lib/cron';
import { isNotFound } from '../../lib/errors';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { Facts, type Fact } from './Facts';
import { JobTable } from './JobTable';
import { NextTime } from './NextTime';
import { ScheduleActions } from './ScheduleActions';
import { useChosen } from './useChoices';
import { useWhen } from './useWhen';

function useFacts(schedule: Schedule): Fact[] {
  const { t } = useTranslation('schedules');
  const when = useWhen();
  const chosen = useChosen(schedule.workspace)(schedule);
  const parameters = Object.entries(schedule.parameters).map(([name, value]) => `${name} = ${writeParameter(value)}`);
  return [
    {
      label: t('columns.notebook'),
      value: <Link to={path`/workspaces/${schedule.workspace}/notebooks/${schedule.notebook}`}>{schedule.notebook_name}</Link>,
    },
    { label: t('columns.when'), value: when(schedule) },
    { label: t('columns.next'), value: <NextTime schedule={schedule} /> },
    { label: t('columns.owner'), value: schedule.owner_name },
    ...(parameters.length ? [{ label: t('form.parameters'), value: parameters.join(', ') }] : []),
    ...chosen.map(({ choice, name }) => ({ label: t(`form.${choice}`), value: name })),
    ...(schedule.retries ? [{ label: t('form.retries'), value: String(schedule.retries) }] : []),
  ];
}

function History({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation('schedules');
  const { data, error, refetch } = useScheduleJobs(schedule.workspace, schedule.id);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={5} rowHeight={40} />;
  if (!data.length) return <EmptyState icon={<CalendarClockRegular />} title={t('noRuns')} text={t('noRunsText')} />;
  return <JobTable jobs={data} />;
}

function Opened({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation('schedules');
  const navigate = useNavigate();
  const facts = useFacts(schedule);
  return (
    <>
      <PageHeader
        icon={<CalendarClockRegular />}
        title={t('ofNotebook', { name: schedule.notebook_name })}
        actions={
          <ScheduleActions
            schedule={schedule}
            wide
            onDeleted={() => void navigate(path`/workspaces/${schedule.workspace}/schedules`)}
          />
        }
      />
      <Facts facts={facts} />
      <History schedule={schedule} />
    </>
  );
}

export default function SchedulePage() {
  const { t } = useTranslation('schedules');
  const { workspace = '', schedule = '' } = useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useSchedule(workspace, schedule);
  if (isNotFound(error)) {
    return (
      <EmptyState
        icon={<CalendarClockRegular />}
        title={t('gone')}
        text={t('goneText')}
        actions={<Button onClick={() => void navigate(path`/workspaces/${workspace}/schedules`)}>{t('all')}</Button>}
      />
    );
  }
  if (data) return <Opened schedule={data} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return <TableSkeleton columns={5} rowHeight={40} />;
}
