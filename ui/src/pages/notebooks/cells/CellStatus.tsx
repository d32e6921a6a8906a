/** The line under a cell that was run: state, duration, session, who and when. */
import { Spinner, Tooltip } from '@fluentui/react-components';
import {
  CheckmarkCircleRegular,
  ClockRegular,
  DismissCircleRegular,
  PlugDisconnectedRegular,
  RecordStopRegular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { formatDate } from '../../../lib/format';
import type { SessionLink } from '../lab/session';
import { useSignals } from '../lab/signals';
import { isLive, type CellRun } from '../runs';
import styles from './CellStatus.module.css';
import { statusParts } from './status';
import { useNow } from './useNow';

export function RunIcon({ run }: { run: CellRun }) {
  switch (run.state) {
    case 'ok':
      return <CheckmarkCircleRegular className={styles.good} />;
    case 'error':
      return <DismissCircleRegular className={styles.bad} />;
    case 'refused':
    case 'lost':
      return <PlugDisconnectedRegular className={styles.bad} />;
    case 'cancelled':
      return <RecordStopRegular />;
    case 'queued':
      return <ClockRegular />;
    case 'starting':
    case 'running':
      return <Spinner size="extra-tiny" />;
  }
}

interface Props {
  run: CellRun;
  me: string;
  link: SessionLink;
  /** Why the cell is stale, in words. */
  stale: string | null;
}

export function CellStatus({ run, me, link, stale }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  useSignals(link.changed);
  const inQueue = run.state === 'starting' && link.session?.state === 'queued';
  const now = useNow(isLive(run), 100);
  const parts = inQueue ? [t('session.queued')] : statusParts(run, now, me, t, i18n.language);
  const exact = run.endedAt === null ? undefined : formatDate(run.endedAt, i18n.language);
  return (
    <div className={styles.status} data-state={run.state} title={exact}>
      {inQueue ? <ClockRegular /> : <RunIcon run={run} />}
      <span>{parts.join(' · ')}</span>
      {stale && (
        <Tooltip content={stale} relationship="description">
          <span className={styles.stale} tabIndex={0}>
            {t('stale.mark')}
          </span>
        </Tooltip>
      )}
    </div>
  );
}
