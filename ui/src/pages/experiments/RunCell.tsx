/** The cell of a run in one column. */
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { Link, useParams } from 'react-router';
import type { RunRow } from '../../api/schema';
import { exactNumber, formatNumber } from '../../lib/format';
import { RelativeTime } from '../../parts/RelativeTime';
import { Duration } from '../runs/Duration';
import { RunStatus } from '../runs/RunStatus';
import { VersionLinks } from '../runs/VersionLinks';
import type { Column } from './columns';
import styles from './RunCell.module.css';

export function RunCell({ run, column }: { run: RunRow; column: Column }) {
  const { i18n } = useTranslation();
  const { workspace = '' } = useParams();
  const { kind, key } = column;
  if (kind === 'status') return <RunStatus status={run.status} />;
  if (kind === 'start_time') return <RelativeTime at={run.start_time} />;
  if (kind === 'duration') return <Duration run={run} />;
  if (kind === 'versions') return <VersionLinks workspace={workspace} versions={run.versions} />;
  if (kind === 'notebook') {
    if (!run.notebook) return <Text text={run.source} />;
    return (
      <Link tabIndex={-1} to={path`/workspaces/${workspace}/notebooks/${run.notebook.id}`} className={`${styles.link} hl-line`} title={run.notebook.name}>
        {run.notebook.name}
      </Link>
    );
  }
  if (kind === 'metrics') {
    const value = run.metrics[key];
    if (value === undefined) return <span className={styles.none}>–</span>;
    return <span title={exactNumber(value)}>{formatNumber(value, i18n.language)}</span>;
  }
  if (kind === 'params') return <Text text={run.params[key]} />;
  if (kind === 'tags') return <Text text={run.tags[key]} />;
  return <Text text={kind === 'user' ? run.user : kind === 'run_id' ? run.run_id : run.source} />;
}

function Text({ text }: { text: string | undefined }) {
  if (!text) return <span className={styles.none}>–</span>;
  return (
    <span className="hl-line" title={text}>
      {text}
    </span>
  );
}
