/** Curves of every metric that has more than one point, live while they are logged. */
import { Dropdown, Field, Option, SearchBox, Switch } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useHistories } from '../../api/metrics';
import type { MetricSeries, RunDetail, RunRow } from '../../api/schema';
import { defaultChart, historyAxes, type ChartSpec } from '../../lib/chartSpec';
import { SpecChart } from '../../parts/charts/SpecChart';
import { useChartWords } from '../../parts/charts/words';
import styles from './RunView.module.css';

const MANY = 60;
const NONE: MetricSeries[] = [];

export function RunMetrics({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const words = useChartWords();
  const [axis, setAxis] = useState<(typeof historyAxes)[number]>('step');
  const [log, setLog] = useState(false);
  const [query, setQuery] = useState('');
  const curves = detail.metric_summaries.filter((metric) => metric.count > 1).map((metric) => metric.key);
  const shown = curves.filter((key) => key.toLowerCase().includes(query.trim().toLowerCase())).slice(0, MANY);
  const { data = NONE, isPending } = useHistories(workspace, [detail.row.run_id], shown, 500);
  const runs = useMemo(() => [detail.row], [detail.row]);
  if (!curves.length) return <p className={styles.none}>{t('metrics.noCurves')}</p>;
  return (
    <>
      <div className={styles.tools}>
        <Field label={t('metrics.axis')}>
          <Dropdown
            value={words.axis(axis)}
            selectedOptions={[axis]}
            onOptionSelect={(_, picked) => setAxis(historyAxes.find((one) => one === picked.optionValue) ?? 'step')}
          >
            {historyAxes.map((one) => (
              <Option key={one} value={one}>
                {words.axis(one)}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Switch label={t('metrics.log')} checked={log} onChange={(_, picked) => setLog(picked.checked)} />
        <SearchBox aria-label={t('filterOf', { what: t('metrics.title') })} placeholder={t('filter')} value={query} onChange={(_, typed) => setQuery(typed.value)} />
      </div>
      <div className={styles.charts}>
        {shown.map((key) => (
          <Curve key={key} metric={key} axis={axis} log={log} runs={runs} histories={data} loading={isPending} />
        ))}
      </div>
      {shown.length === MANY && <p className={styles.none}>{t('metrics.first', { count: MANY })}</p>}
    </>
  );
}

interface CurveProps {
  metric: string;
  axis: string;
  log: boolean;
  runs: RunRow[];
  histories: MetricSeries[];
  loading: boolean;
}

function Curve({ metric, axis, log, runs, histories, loading }: CurveProps) {
  const spec = useMemo<ChartSpec>(
    () => ({ ...defaultChart(metric), type: 'line', x: axis, scale: log ? 'log' : 'linear' }),
    [metric, axis, log],
  );
  return (
    <article className={styles.chart} aria-label={metric}>
      <h3 className="hl-line" title={metric}>
        {metric}
      </h3>
      <div className={styles.plot}>
        <SpecChart spec={spec} runs={runs} histories={histories} loading={loading} />
      </div>
    </article>
  );
}
