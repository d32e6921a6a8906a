/** The schedules of a workspace's notebooks. */
import { CalendarClockRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useSchedules } from '../../api/schedules';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { ScheduleTable } from './ScheduleTable';

function Listed({ workspace }: { workspace: string }) {
  const { t } = useTranslation('schedules');
  const { data, error, refetch } = useSchedules(workspace);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={6} rowHeight={44} />;
  if (!data.length) return <EmptyState icon={<CalendarClockRegular />} title={t('none')} text={t('noneText')} />;
  return <ScheduleTable schedules={data} />;
}

export default function SchedulesPage() {
  const { t } = useTranslation('schedules');
  const { workspace = '' } = useParams();
  return (
    <>
      <PageHeader title={t('title')} icon={<CalendarClockRegular />} />
      <Listed key={workspace} workspace={workspace} />
    </>
  );
}
