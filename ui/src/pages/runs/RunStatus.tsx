/** A run's state as an icon and a word. */
import { Spinner } from '@fluentui/react-components';
import { CheckmarkCircleFilled, ClockRegular, DismissCircleFilled, ErrorCircleFilled } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './RunStatus.module.css';

const ICONS: Record<string, ReactNode> = {
  FINISHED: <CheckmarkCircleFilled className={styles.good} />,
  FAILED: <ErrorCircleFilled className={styles.bad} />,
  KILLED: <DismissCircleFilled className={styles.quiet} />,
  SCHEDULED: <ClockRegular className={styles.quiet} />,
  RUNNING: <Spinner size="extra-tiny" />,
};

export function StatusIcon({ status }: { status: string }) {
  const { t } = useTranslation('runs');
  return (
    <span className={styles.icon} role="img" aria-label={status in ICONS ? t(`status.${status}`) : status}>
      {ICONS[status] ?? ICONS.SCHEDULED}
    </span>
  );
}

export function RunStatus({ status }: { status: string }) {
  const { t } = useTranslation('runs');
  return (
    <span className={styles.status}>
      <span className={styles.icon} aria-hidden>
        {ICONS[status] ?? ICONS.SCHEDULED}
      </span>
      {status in ICONS ? t(`status.${status}`) : status}
    </span>
  );
}
