/** Curves of every metric that has more than one point, live while they are logged. */
import { SearchBox } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useHistories } from '../../api/metrics';
import type { MetricSeries, RunDetail, RunRow } from '../../api/schema';
import { plainCurves, suggestedChart, type CurveLook } from '../../lib/chartSpec';
import { matches } from '../../lib/match';
import { ChartGrid } from '../../parts/charts/ChartGrid';
import { CurveTools } from '../../parts/charts/CurveTools';
import { SpecChart } from '../../parts/charts/SpecChart';
import styles from './RunMetrics.module.css';

const NONE: MetricSeries[] = [];

export function RunMetrics({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const [look, setLook] = useState(plainCurves);
  const [query, setQuery] = useState('');
  const curves = useMemo(() => detail.metric_summaries.filter((metric) => metric.count > 1).map((metric) => metric.key), [detail.metric_summaries]);
  const items = useMemo(
    () => curves.filter((key) => matches(key, query)).map((key) => ({ id: key, group: key.includes('/') ? key.slice(0, key.indexOf('/')) : '' })),
    [curves, query],
  );
  const runs = useMemo(() => [detail.row], [detail.row]);
  if (!curves.length) return <p className={styles.none}>{t('metrics.noCurves')}</p>;
  return (
    <div className={styles.page}>
      <div className={styles.tools}>
        <CurveTools look={look} onChange={setLook} />
        <SearchBox aria-label={t('filterOf', { what: t('metrics.title') })} placeholder={t('filter')} value={query} onChange={(_, typed) => setQuery(typed.value)} />
      </div>
      {items.length === 0 ? (
        <p className={styles.none}>{t('nothingMatches')}</p>
      ) : (
        <ChartGrid label={t('metrics.title')} items={items} className={styles.grid} card={(key) => <Curve key={key} workspace={workspace} metric={key} look={look} runs={runs} />} />
      )}
    </div>
  );
}

function Curve({ workspace, metric, look, runs }: { workspace: string; metric: string; look: CurveLook; runs: RunRow[] }) {
  const { data = NONE, isPending } = useHistories(workspace, [runs[0]?.run_id ?? ''], [metric], 500);
  const spec = useMemo(() => suggestedChart(metric, new Set([metric]), look), [metric, look]);
  return (
    <article className={styles.chart} aria-label={metric}>
      <h3 className="hl-line" title={metric}>
        {metric}
      </h3>
      <div className={styles.plot}>
        <SpecChart spec={spec} runs={runs} histories={data} loading={isPending} />
      </div>
    </article>
  );
}
