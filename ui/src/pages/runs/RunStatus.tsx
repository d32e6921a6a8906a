/** A run's state as an icon and a word. */
import { Spinner } from '@fluentui/react-components';
import { CheckmarkCircleFilled, ClockRegular, DismissCircleFilled, ErrorCircleFilled } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './RunStatus.module.css';

const ICONS = {
  FINISHED: <CheckmarkCircleFilled className={styles.good} />,
  FAILED: <ErrorCircleFilled className={styles.bad} />,
  KILLED: <DismissCircleFilled className={styles.quiet} />,
  SCHEDULED: <ClockRegular className={styles.quiet} />,
  RUNNING: <Spinner size="extra-tiny" />,
} satisfies Record<string, ReactNode>;

function isKnown(status: string): status is keyof typeof ICONS {
  return Object.hasOwn(ICONS, status);
}

function iconOf(status: string): ReactNode {
  return ICONS[isKnown(status) ? status : 'SCHEDULED'];
}

export function StatusIcon({ status }: { status: string }) {
  const { t } = useTranslation('runs');
  return (
    <span className={styles.icon} role="img" aria-label={isKnown(status) ? t(`status.${status}`) : status}>
      {iconOf(status)}
    </span>
  );
}

export function RunStatus({ status }: { status: string }) {
  const { t } = useTranslation('runs');
  return (
    <span className={styles.status}>
      <span className={styles.icon} aria-hidden>
        {iconOf(status)}
      </span>
      {isKnown(status) ? t(`status.${status}`) : status}
    </span>
  );
}
