/** The status bar: session, engine, idle time, autologging, cell, saved. */
import { Link } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useEngines } from '../../api/engines';
import type { Notebook, Session } from '../../api/schema';
import { useWorkspace } from '../../api/workspaces';
import { formatBytes, formatTime } from '../../lib/format';
import { useEngineName } from '../../parts/EngineField';
import { useNow } from './cells/useNow';
import styles from './StatusBar.module.css';
import { useEditorActions } from './EditorActions';
import { PillDot } from './header/SessionPill';
import type { NotebookHost } from './lab/notebookHost';
import { reach } from './lab/reach';
import { useSignals } from './lab/signals';
import { countdown, idleLeft } from './sessionState';
import type { SessionControl } from './useSession';

interface Props {
  record: Notebook;
  host: NotebookHost;
  control: SessionControl;
}

export function StatusBar({ record, host, control }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { session, pill } = control;
  const live = session !== undefined && pill !== 'dead';
  const limit = (session?.limits.memory_mb ?? 0) * 1_000_000;
  const memory = formatBytes(session?.memory_bytes ?? 0, i18n.language);
  return (
    <footer className={styles.status} aria-label={t('bar.label')}>
      <span className={styles.state}>
        <PillDot pill={pill} />
        {t(`session.${pill}`)}
      </span>
      {live && session.memory_bytes > 0 && (
        <>
          <span
            className={styles.state}
            data-soon={(limit > 0 && session.memory_bytes > 0.85 * limit) || undefined}
            title={t(session.engine_running ? 'session.engineOn' : 'session.engineOff')}
          >
            {limit
              ? t('bar.memoryOf', { memory, limit: formatBytes(limit, i18n.language) })
              : t('bar.memory', { memory })}
            {session.engine_running && ` (${t('bar.engine')})`}
          </span>
          {session.limits.cores > 0 && <span>{t('bar.cores', { count: session.limits.cores })}</span>}
          <span>{t('bar.cpu', { percent: Math.round(session.cpu_percent) })}</span>
          <Idle control={control} />
        </>
      )}
      <Engine record={record} session={session} />
      <span>{t(record.autolog ? 'bar.autologOn' : 'bar.autologOff')}</span>
      <Progress host={host} />
      <Stale host={host} />
      <ProblemCount host={host} />
      <span className={styles.gap} />
      <Position host={host} />
      <Saved host={host} />
    </footer>
  );
}

/** Which cell runs, since when, and how many wait behind it. */
function Progress({ host }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  const { runner, panel } = host;
  useSignals(runner.changed);
  const { progress } = runner;
  const now = useNow(progress !== null, 1000);
  if (!progress) return null;
  const index = panel.content.widgets.findIndex((cell) => cell.model.id === progress.cell);
  const since = countdown(Math.max(0, now - progress.since));
  return (
    <Link as="button" className={styles.keep} onClick={() => reach(panel.content, index)}>
      {t('bar.running', { n: index + 1, since })}
      {progress.waiting > 0 && ` ${t('bar.waiting', { count: progress.waiting })}`}
    </Link>
  );
}

/** How many cells are stale; a click runs them. */
function Stale({ host: { staleness, runner, commands } }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  useSignals(staleness.changed, runner.changed);
  const { canWrite } = useEditorActions();
  const count = staleness.cells.length;
  if (count === 0) return null;
  return (
    <span className={styles.state} data-soon>
      {t('stale.count', { count })}
      {canWrite && (
        <Link as="button" className={styles.keep} onClick={() => void commands.runStale()}>
          {t('run.stale')}
        </Link>
      )}
    </span>
  );
}

/** How many problems the code has; a click lists them. */
function ProblemCount({ host: { analysis, panel } }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  const { showSide } = useEditorActions();
  useSignals(analysis.changed, panel.context.model.cells.changed);
  const { count } = analysis;
  if (count === 0) return null;
  return (
    <Link as="button" className={styles.keep} onClick={() => showSide('problems')}>
      {t('problems.count', { count })}
    </Link>
  );
}

/** The engine that the session has, or that the next one gets. */
function Engine({ record, session }: { record: Notebook; session: Session | undefined }) {
  const { data: engines } = useEngines();
  const { data: workspace } = useWorkspace(record.workspace);
  const name = useEngineName();
  return <span>{name(session?.engine ?? (record.engine || workspace?.engine || 'quick'), engines ?? [])}</span>;
}

function Idle({ control }: { control: SessionControl }) {
  const { t } = useTranslation('notebooks');
  const { session, pill } = control;
  const ticking = session !== undefined && pill === 'ready' && session.timeout > 0;
  const now = useNow(ticking, 1000);
  const left = session ? idleLeft(session, pill !== 'ready', now) : null;
  if (left === null) return null;
  return (
    <span className={styles.state} data-soon={left < 120_000 || undefined}>
      {t('bar.idle', { left: countdown(left) })}
      <Link as="button" className={styles.keep} onClick={control.keepAlive}>
        {t('bar.keep')}
      </Link>
    </span>
  );
}

function Position({ host }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  const notebook = host.panel.content;
  useSignals(notebook.activeCellChanged, host.panel.context.model.cells.changed);
  return <span>{t('bar.cell', { n: notebook.activeCellIndex + 1, of: notebook.widgets.length })}</span>;
}

function Saved({ host: { saver } }: { host: NotebookHost }) {
  const { t, i18n } = useTranslation('notebooks');
  useSignals(saver.changed);
  const { kind, at } = saver.state;
  if (kind === 'saved' && at !== null) return <span>{t('bar.saved', { at: formatTime(at, i18n.language) })}</span>;
  return <span>{t(`save.${kind}`)}</span>;
}
