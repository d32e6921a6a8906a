/** What the bell tells of by itself: schedules, requests for access, runs that a rule noticed, and comments. */
import { useTranslation } from 'react-i18next';
import { useWaitingRequests } from '../../api/accessRequests';
import { path } from '../../api/client';
import { useCommentNotices } from '../../api/comments';
import { useRunNotices } from '../../api/notices';
import { useScheduleNotices } from '../../api/schedules';
import type { AccessRequest, CommentNotice, Job, RunNotice } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { useReason } from '../schedules/JobState';
import { useTelling } from './useTelling';

const SCHEDULES = {
  stored: 'handloom.schedules.told',
  first: 'now' as const,
  useEntries: (since: number) => useScheduleNotices(since).data?.jobs,
  at: (job: Job) => job.ended_at ?? 0,
};
const ACCESS = {
  stored: 'handloom.access.told',
  first: 'waiting' as const,
  useEntries: (since: number) => useWaitingRequests(since).data,
  at: (request: AccessRequest) => request.asked_at,
};
const RUNS = {
  stored: 'handloom.runs.told',
  first: 'now' as const,
  useEntries: (since: number) => useRunNotices(since).data?.notices,
  at: (notice: RunNotice) => notice.at,
};
const COMMENTS = {
  stored: 'handloom.comments.told',
  first: 'now' as const,
  useEntries: (since: number) => useCommentNotices(since).data,
  at: (notice: CommentNotice) => notice.at,
};

const runPage = (workspace: string, experiment: string, run: string) =>
  `${path`/workspaces/${workspace}/experiments/${experiment}`}?view=details&run=${run}`;

/** Schedules of the person that failed or were missed. */
function useScheduleTelling(): void {
  const { t } = useTranslation('schedules');
  const reason = useReason();
  useTelling(SCHEDULES, (job) => ({
    intent: job.state === 'failed' ? 'error' : 'warning',
    title: t(`notice.${job.state === 'failed' || job.state === 'missed' ? job.state : 'skipped'}`, { name: job.notebook_name }),
    body: reason(job),
    link: { label: t('open'), to: path`/workspaces/${job.workspace}/jobs/${job.id}` },
  }));
}

/** Who asks for access to a workspace that the person manages. */
function useAccessTelling(): void {
  const { t } = useTranslation('people');
  useTelling(ACCESS, (request) => ({
    intent: 'info',
    title: t('requests.notice', { name: request.display_name, workspace: request.workspace_name }),
    body: request.note,
    link: { label: t('access.title'), to: `${path`/workspaces/${request.workspace}`}?access=open` },
  }));
}

/** Runs that a rule of the person noticed. */
function useRunTelling(): void {
  const { t, i18n } = useTranslation('runs');
  const number = (value: number | null) => formatNumber(value, i18n.language);
  useTelling(RUNS, ({ rule, status, ...one }) => ({
    intent: rule.kind !== 'metric' && status === 'FAILED' ? 'error' : 'info',
    title: t(rule.kind === 'metric' ? `notice.${rule.direction}` : status === 'FAILED' ? 'notice.failed' : 'notice.ended', {
      name: one.run_name,
      metric: rule.metric,
      value: number(rule.value),
      reached: number(one.reached),
    }),
    body: one.experiment_name,
    link: { label: t('notice.open'), to: runPage(one.workspace, one.experiment, one.run_id) },
  }));
}

/** Comments that name the person, answer them, or are on their notebook. */
function useCommentTelling(): void {
  const { t } = useTranslation('comments');
  useTelling(COMMENTS, (one) => ({
    intent: 'info',
    title: t(`notice.${one.reason}`, { name: one.author_name, target: one.target_name }),
    body: one.text,
    link: {
      label: t('notice.open'),
      to:
        one.kind === 'run'
          ? `${runPage(one.workspace, one.experiment, one.target)}&tab=comments`
          : `${path`/workspaces/${one.workspace}/notebooks/${one.target}`}?comments=open`,
    },
  }));
}

export function FeedNotices() {
  useScheduleTelling();
  useAccessTelling();
  useRunTelling();
  useCommentTelling();
  return null;
}
