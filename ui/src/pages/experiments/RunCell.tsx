/** The cell of a run in one column. */
import { path } from '../../api/client';
import { Link, useParams } from 'react-router';
import type { RunRow } from '../../api/schema';
import { deltaOf } from '../../lib/compareRuns';
import { formatNumber } from '../../lib/format';
import { useLanguage } from '../../lib/language';
import { lessIsBetter } from '../../lib/metricOrder';
import { MetricValue } from '../../parts/MetricValue';
import { RelativeTime } from '../../parts/RelativeTime';
import { Duration } from '../runs/Duration';
import { RunStatus } from '../runs/RunStatus';
import { VersionLinks } from '../runs/VersionLinks';
import { AggregateValue } from './AggregateValue';
import type { CellLook } from './cellLook';
import type { Column } from './columns';
import styles from './RunCell.module.css';

interface Props {
  run: RunRow;
  column: Column;
  look: CellLook;
  /** The workspace of the run, if it is not the page's. */
  workspace?: string;
}

export function RunCell({ run, column, look, workspace: given }: Props) {
  const language = useLanguage();
  const here = useParams().workspace ?? '';
  const workspace = given ?? here;
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
    return <Metric run={run} name={key} look={look} />;
  }
  if (kind === 'min' || kind === 'max') {
    const value = run.extremes[key]?.[kind];
    return value === undefined ? <span className={styles.none}>–</span> : <MetricValue value={value} />;
  }
  if (kind === 'min_step' || kind === 'max_step') {
    const step = run.extremes[key]?.[kind];
    return step === undefined || step === null ? <span className={styles.none}>–</span> : <>{formatNumber(step, language)}</>;
  }
  if (kind === 'note') return <Text text={run.note} />;
  if (kind === 'params') return <Text text={run.params[key]} />;
  if (kind === 'tags') return <Text text={run.tags[key]} />;
  const value: unknown = Object.entries(run).find(([name]) => name === key)?.[1];
  return <Text text={typeof value === 'string' || typeof value === 'number' ? String(value) : undefined} />;
}

function Metric({ run, name, look }: { run: RunRow; name: string; look: CellLook }) {
  const value = run.metrics[name];
  if (value === undefined) {
    const below = look.below.get(run.run_id)?.metrics[name];
    return below ? <AggregateValue found={below} quiet /> : <span className={styles.none}>–</span>;
  }
  const delta = look.baseline && look.baseline.run_id !== run.run_id ? deltaOf(value, look.baseline.metrics[name]) : null;
  return <MetricValue value={value} isBest={value !== null && look.best.get(name) === value} delta={delta} less={lessIsBetter(name, look.directions)} />;
}

function Text({ text }: { text: string | undefined }) {
  if (!text) return <span className={styles.none}>–</span>;
  return (
    <span className="hl-line" title={text}>
      {text}
    </span>
  );
}
