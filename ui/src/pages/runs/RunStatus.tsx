/** A run's state as an icon and a word. */
import { Spinner } from '@fluentui/react-components';
import { CheckmarkCircleFilled, ClockRegular, DismissCircleFilled, ErrorCircleFilled } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { i18n } from '../../lib/i18n';
import { useLanguage } from '../../lib/language';
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
  useLanguage();
  return (
    <span className={styles.icon} role="img" aria-label={isKnown(status) ? i18n.t(`runs:status.${status}`) : status}>
      {iconOf(status)}
    </span>
  );
}

export function RunStatus({ status }: { status: string }) {
  useLanguage();
  return (
    <span className={styles.status}>
      <span className={styles.icon} aria-hidden>
        {iconOf(status)}
      </span>
      {isKnown(status) ? i18n.t(`runs:status.${status}`) : status}
    </span>
  );
}
