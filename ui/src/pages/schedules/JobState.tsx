/** The state of a notebook's run as an icon and words, with the reason where it did not succeed. */
import { Spinner } from '@fluentui/react-components';
import {
  ArrowForwardRegular,
  CheckmarkCircleFilled,
  ClockRegular,
  DismissCircleFilled,
  ErrorCircleFilled,
  WarningFilled,
} from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../api/schema';
import styles from './JobState.module.css';

const ICONS: Record<Job['state'], ReactNode> = {
  succeeded: <CheckmarkCircleFilled className={styles.good} />,
  failed: <ErrorCircleFilled className={styles.bad} />,
  missed: <WarningFilled className={styles.warn} />,
  skipped: <ArrowForwardRegular className={styles.quiet} />,
  stopped: <DismissCircleFilled className={styles.quiet} />,
  queued: <ClockRegular className={styles.quiet} />,
  running: <Spinner size="extra-tiny" />,
};

/** Why it ended so, in one line; empty for a run that succeeded or is not over. */
export function useReason() {
  const { t } = useTranslation('schedules');
  return (job: Job): string => {
    if (job.error) return job.error;
    if (job.state === 'missed') return t('missed', { count: job.missed });
    return job.reason && job.reason !== 'error' ? t(`reason.${job.reason}`) : '';
  };
}

export function JobState({ job }: { job: Job }) {
  const { t } = useTranslation('schedules');
  const reason = useReason()(job);
  const words =
    job.state === 'running' && job.cells > 0
      ? t('state.cells', { done: job.done, count: job.cells })
      : t(`state.${job.state}`);
  return (
    <span className={styles.state} title={reason || words}>
      <span className={styles.icon} aria-hidden>
        {ICONS[job.state]}
      </span>
      <span className="hl-line">{words}</span>
    </span>
  );
}
