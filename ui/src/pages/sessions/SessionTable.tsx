/** Running sessions as a grid, with Interrupt and Stop for those whom the caller may stop. */
import { Badge, Button, Tooltip } from '@fluentui/react-components';
import { PauseRegular, RecordStopRegular } from '@fluentui/react-icons';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { ListedSession } from '../../api/schema';
import { formatBytes, formatDuration, formatNumber } from '../../lib/format';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import styles from './SessionTable.module.css';

const COLORS = { queued: 'warning', starting: 'informative', idle: 'success', busy: 'brand', dead: 'danger' } as const;

interface Props {
  sessions: ListedSession[];
  /** Of one workspace, whose name need not be repeated. */
  ofOne: boolean;
  onInterrupt: (session: ListedSession) => void;
  onStop: (session: ListedSession) => void;
}

export function SessionTable({ sessions, ofOne, onInterrupt, onStop }: Props) {
  const { t } = useTranslation('sessions');
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'notebook', label: t('columns.notebook'), width: 200, grow: true },
      ...(ofOne ? [] : [{ id: 'workspace', label: t('columns.workspace'), width: 150 }]),
      { id: 'person', label: t('columns.person'), width: 140 },
      { id: 'state', label: t('columns.state'), width: 216 },
      { id: 'memory', label: t('columns.memory'), width: 92, align: 'end' },
      { id: 'processor', label: t('columns.processor'), width: 96, align: 'end' },
      { id: 'since', label: t('columns.since'), width: 120 },
      { id: 'active', label: t('columns.active'), width: 120 },
      { id: 'actions', label: t('columns.actions'), width: 112 },
    ],
    [t, ofOne],
  );
  const cell = (index: number, column: string): ReactNode => {
    const session = sessions[index];
    if (!session) return null;
    if (column === 'actions') return <Actions session={session} onInterrupt={onInterrupt} onStop={onStop} />;
    return <SessionCell session={session} column={column} />;
  };
  return (
    <Grid
      className={styles.grid}
      label={t('title')}
      count={sessions.length}
      columns={columns}
      rowHeight={44}
      rowKey={(index) => sessions[index]?.id ?? String(index)}
      cell={cell}
    />
  );
}

function SessionCell({ session, column }: { session: ListedSession; column: string }) {
  const { t, i18n } = useTranslation('sessions');
  if (column === 'notebook') return <NotebookName session={session} />;
  if (column === 'workspace') {
    return (
      <Link className={`${styles.name} hl-line`} to={path`/workspaces/${session.workspace}`}>
        <MiddleEllipsis text={session.workspace_name} />
      </Link>
    );
  }
  if (column === 'person') return <span className="hl-line">{session.mine ? t('you', { name: session.user }) : session.user}</span>;
  if (column === 'state') return <StateBadge session={session} />;
  if (column === 'memory') return <span>{formatBytes(session.memory_bytes, i18n.language)}</span>;
  if (column === 'processor') return <span>{`${formatNumber(Math.round(session.cpu_percent), i18n.language)} %`}</span>;
  return <RelativeTime at={column === 'since' ? session.started_at : session.last_activity} />;
}

function NotebookName({ session: { workspace, notebook, name, job } }: { session: ListedSession }) {
  const { t } = useTranslation('sessions');
  if (job !== null) {
    return (
      <>
        <Link className={`${styles.name} hl-line`} to={path`/workspaces/${workspace}/jobs/${job}`}>
          <MiddleEllipsis text={name} />
        </Link>
        <Badge className={styles.job} appearance="outline" size="small">
          {t('job')}
        </Badge>
      </>
    );
  }
  if (notebook === null) return <MiddleEllipsis text={name} />;
  return (
    <Link className={`${styles.name} hl-line`} to={path`/workspaces/${workspace}/notebooks/${notebook}`}>
      <MiddleEllipsis text={name} />
    </Link>
  );
}

/** The state, and for how long a cell has been running. */
function StateBadge({ session }: { session: ListedSession }) {
  const { t, i18n } = useTranslation('sessions');
  const since = session.state === 'busy' ? session.busy_since : null;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (since === null) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [since]);
  const text =
    since === null
      ? t(`state.${session.state}`)
      : t('busyFor', { time: formatDuration(Math.max(1000, Math.floor((now - since) / 1000) * 1000), i18n.language) });
  return (
    <Badge className={styles.state} appearance="tint" color={COLORS[session.state]} title={text}>
      {text}
    </Badge>
  );
}

function Actions({ session, onInterrupt, onStop }: Pick<Props, 'onInterrupt' | 'onStop'> & { session: ListedSession }) {
  const { t } = useTranslation('sessions');
  if (!session.may_stop) return null;
  return (
    <span className={styles.actions}>
      <Tooltip content={t('interrupt')} relationship="description">
        <Button
          size="small"
          appearance="subtle"
          icon={<PauseRegular />}
          disabled={session.state !== 'busy'}
          aria-label={t('interruptNamed', { name: session.name })}
          onClick={() => onInterrupt(session)}
        />
      </Tooltip>
      <Tooltip content={t('stop')} relationship="description">
        <Button
          size="small"
          appearance="subtle"
          icon={<RecordStopRegular />}
          aria-label={t('stopNamed', { name: session.name })}
          onClick={() => onStop(session)}
        />
      </Tooltip>
    </span>
  );
}
