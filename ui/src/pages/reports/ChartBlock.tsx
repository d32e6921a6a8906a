/** A live chart of a report, with its title, its runs and what it leaves out. */
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import { useReportRuns, type PlacedRun } from '../../api/reports';
import type { ReportChart } from '../../api/schema';
import { runLabels } from '../../lib/chartData';
import type { ChartSpec } from '../../lib/chartSpec';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { loadEngine } from '../../parts/charts/loadEngine';
import { SpecChart } from '../../parts/charts/SpecChart';
import { useChartWords } from '../../parts/charts/words';
import { useSpecHistories } from '../experiments/useSpecHistories';
import { BlockFigure } from './BlockFigure';
import styles from './ChartBlock.module.css';
import { useRunColors } from './runColors';

const POINTS = 500;
const MOST_LEGEND = 20;

/** The metrics and params that a chart needs of its runs. */
export function keysOf(spec: Pick<ChartSpec, 'x' | 'y' | 'params' | 'by'>): string[] {
  const axes = [spec.x, spec.by].filter((one) => /^(params|metrics)\./.test(one));
  return [...new Set([...spec.y.map((key) => `metrics.${key}`), ...spec.params.map((key) => `params.${key}`), ...axes])];
}

export function ChartBlock({ block }: { block: ReportChart }) {
  const { t } = useTranslation(['reports', 'experiments']);
  const spec = useMemo((): ChartSpec => ({ ...block.spec, id: block.id }), [block]);
  // Also for charts that are far from the screen: the browser may print at any time.
  useEffect(() => void loadEngine(), []);
  const columns = useMemo(() => keysOf(spec), [spec]);
  const found = useReportRuns(block.runs, columns);
  const { runs } = found;
  const places = useMemo(() => new Map(runs.map((run) => [run.run_id, run.workspace])), [runs]);
  const { histories, loading } = useSpecHistories(places, spec, runs, POINTS);
  const colors = useRunColors(runs.map((run) => run.run_id));
  const title = useChartWords().title(spec);
  const lack = spec.type !== 'parallel' && !spec.y.length ? t('reports:chart.noMetric') : '';
  return (
    <BlockFigure title={title} source={block.runs} found={found} loading={t('experiments:chart.loading')} lack={lack}>
      <div className={styles.chart}>
        <SpecChart spec={spec} runs={runs} histories={histories} loading={loading} colors={colors} />
      </div>
      <Legend runs={runs} colors={colors} />
    </BlockFigure>
  );
}

function Legend({ runs, colors }: { runs: PlacedRun[]; colors: Map<string, string> }) {
  const { t } = useTranslation('reports');
  const labels = runLabels(runs);
  if (!runs.length) return null;
  return (
    <ul className={styles.legend} aria-label={t('runs.legend')}>
      {runs.slice(0, MOST_LEGEND).map((run) => (
        <li key={run.run_id}>
          <span className={styles.dot} style={{ background: colors.get(run.run_id) }} aria-hidden />
          <Link to={runPath(run)}>
            <MiddleEllipsis text={labels.get(run.run_id) ?? run.name} />
          </Link>
        </li>
      ))}
      {runs.length > MOST_LEGEND && <li>{t('runs.more', { count: runs.length - MOST_LEGEND })}</li>}
    </ul>
  );
}

/** The page of a run. */
export function runPath(run: PlacedRun): string {
  return `${path`/workspaces/${run.workspace}/experiments/${run.experiment}`}?${new URLSearchParams({ view: 'details', run: run.run_id }).toString()}`;
}
