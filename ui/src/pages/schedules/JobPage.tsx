/** One run of a whole notebook: how it went, the MLflow runs it made, and the executed notebook, which cannot be edited. */
import { Button, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { ArrowDownloadRegular, CalendarClockRegular, NotebookRegular, RecordStopRegular } from '@fluentui/react-icons';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { path } from '../../api/client';
import { documentAddress, isOver, useJob, useJobDocument, useStopJob } from '../../api/schedules';
import type { Job, JobDetails } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { errorDetail, errorTitle, isNotFound } from '../../lib/errors';
import { writeParameter } from '../../lib/cron';
import { formatDate } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { Facts, type Fact } from './Facts';
import { JobDuration } from './JobDuration';
import styles from './JobPage.module.css';
import { JobState, useReason } from './JobState';

const ExecutedNotebook = lazy(() => import('../notebooks/ExecutedNotebook'));

function useFacts({ job, runs }: JobDetails): Fact[] {
  const { t, i18n } = useTranslation('schedules');
  const at = job.started_at ?? job.scheduled_for ?? job.created_at;
  const parameters = Object.entries(job.parameters).map(([name, value]) => `${name} = ${writeParameter(value)}`);
  return [
    { label: t('columns.state'), value: <JobState job={job} /> },
    { label: t('columns.at'), value: formatDate(at, i18n.language) },
    { label: t('columns.took'), value: <JobDuration job={job} /> },
    { label: t('columns.trigger'), value: t(`trigger.${job.trigger}`, { count: job.attempt }) },
    { label: t('columns.owner'), value: job.user_name },
    ...(parameters.length ? [{ label: t('form.parameters'), value: parameters.join(', ') }] : []),
    ...(job.exit_value ? [{ label: t('exitValue'), value: job.exit_value }] : []),
    ...(runs.length
      ? [
          {
            label: t('runs', { count: runs.length }),
            value: runs.map((run, at) => (
              <span key={run.run_id}>
                {at > 0 && ', '}
                <Link to={path`/workspaces/${job.workspace}/experiments/${run.experiment}?run=${run.run_id}`}>{run.name}</Link>
              </span>
            )),
          },
        ]
      : []),
  ];
}

function Actions({ job }: { job: Job }) {
  const { t } = useTranslation('schedules');
  const canWrite = useCanWrite(job.workspace);
  const stop = useStopJob();
  const navigate = useNavigate();
  const { notify } = useNotices();
  const { workspace, id } = job;
  return (
    <>
      {canWrite && !isOver(job) && (
        <Button
          appearance="subtle"
          icon={<RecordStopRegular />}
          onClick={() =>
            stop.mutate({ workspace, id }, { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) })
          }
        >
          {t('stop')}
        </Button>
      )}
      {job.has_document && (
        <Button as="a" href={documentAddress(workspace, id)} download appearance="subtle" icon={<ArrowDownloadRegular />}>
          {t('download')}
        </Button>
      )}
      {job.schedule && (
        <Button
          appearance="subtle"
          icon={<CalendarClockRegular />}
          onClick={() => void navigate(path`/workspaces/${workspace}/schedules/${job.schedule ?? ''}`)}
        >
          {t('schedule')}
        </Button>
      )}
      <Button
        appearance="subtle"
        icon={<NotebookRegular />}
        onClick={() => void navigate(path`/workspaces/${workspace}/notebooks/${job.notebook}`)}
      >
        {t('openNotebook')}
      </Button>
    </>
  );
}

function Executed({ job }: { job: Job }) {
  const { t } = useTranslation('schedules');
  const { data, error, refetch } = useJobDocument(job.workspace, job.id, job.has_document && isOver(job));
  if (!isOver(job)) return <EmptyState icon={<NotebookRegular />} title={t('runningTitle')} text={t('runningText')} />;
  if (!job.has_document) return <EmptyState icon={<NotebookRegular />} title={t('noDocument')} text={t('noDocumentText')} />;
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={1} rowHeight={80} />;
  return (
    <div className={styles.document}>
      <Suspense fallback={<TableSkeleton columns={1} rowHeight={80} />}>
        <ExecutedNotebook notebook={job.notebook} document={data} />
      </Suspense>
    </div>
  );
}

function Opened({ details }: { details: JobDetails }) {
  const { t } = useTranslation('schedules');
  const facts = useFacts(details);
  const { job } = details;
  const reason = useReason()(job);
  return (
    <>
      <PageHeader icon={<NotebookRegular />} title={t('runOf', { name: job.notebook_name })} actions={<Actions job={job} />} />
      <Facts facts={facts} />
      {reason && (
        <MessageBar className={styles.error} intent={job.state === 'failed' ? 'error' : 'warning'} layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t(`state.${job.state}`)}</MessageBarTitle>
            {reason}
          </MessageBarBody>
        </MessageBar>
      )}
      <Executed key={job.id} job={job} />
    </>
  );
}

export default function JobPage() {
  const { t } = useTranslation('schedules');
  const { workspace = '', job = '' } = useParams();
  const { data, error, refetch } = useJob(workspace, job);
  if (isNotFound(error)) return <EmptyState icon={<NotebookRegular />} title={t('jobGone')} text={t('jobGoneText')} />;
  if (data) return <Opened details={data} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return <TableSkeleton columns={3} rowHeight={40} />;
}
