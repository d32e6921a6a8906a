/** A chart for each metric of the compared runs, wherever they are from; they can be edited, copied, moved, removed and reported. */
import { Button } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePlacedSteppedMetrics } from '../../api/metrics';
import type { ExperimentColumns, RunRow } from '../../api/schema';
import { addChart, chartsOf, defaultChart, moveChart, removeChart, replaceChart, suggestedChart, type ChartsState, type ChartSpec } from '../../lib/chartSpec';
import { ChartGrid } from '../../parts/charts/ChartGrid';
import { useChartWords } from '../../parts/charts/words';
import { ChartCard } from '../experiments/ChartCard';
import { ChartEditor } from '../experiments/ChartEditor';
import { AddToReport } from '../reports/AddToReport';
import { newId } from '../reports/blocks';
import type { byExperiment } from './address';
import styles from './CompareCharts.module.css';

interface Props {
  places: ReturnType<typeof byExperiment>;
  runs: RunRow[];
  colors: Map<string, string>;
  charts: ChartsState;
  onCharts: (charts: ChartsState) => void;
  /** Whether there is a workspace whose reports the person may write. */
  canReport: boolean;
}

const NEW = '+';

export function CompareCharts({ places, runs, colors, charts, onCharts, canReport }: Props) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const [editing, setEditing] = useState<ChartSpec | null>(null);
  const [reporting, setReporting] = useState<ChartSpec | null>(null);
  const workspaces = useMemo(() => new Map(places.flatMap((one) => one.runs.map((run) => [run, one.workspace] as const))), [places]);
  const stepped = usePlacedSteppedMetrics(places);
  const keys = useMemo((): ExperimentColumns => {
    const keysOf = (kind: 'metrics' | 'params') => [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort();
    return { metrics: keysOf('metrics'), params: keysOf('params'), tags: [], suggested: [], nested: false, directions: {} };
  }, [runs]);
  const specs = useMemo(() => (stepped ? chartsOf(charts, keys.metrics, stepped) : []), [charts, keys, stepped]);
  const ids = specs.map((spec) => spec.id);
  const save = (spec: ChartSpec) => {
    onCharts(spec.id === NEW ? addChart(charts, spec) : replaceChart(charts, spec, suggestedChart(spec.id, stepped ?? new Set())));
    setEditing(null);
  };
  return (
    <section className={styles.charts} aria-label={t('across.charts')}>
      <div className={styles.tools}>
        <Button size="small" icon={<AddRegular />} onClick={() => setEditing({ ...defaultChart(NEW), y: keys.metrics.slice(0, 1) })}>
          {t('compare.addChart')}
        </Button>
        {charts.hide.length > 0 && (
          <Button size="small" appearance="subtle" onClick={() => onCharts({ ...charts, hide: [] })}>
            {t('compare.showHidden', { count: charts.hide.length })}
          </Button>
        )}
      </div>
      {stepped && specs.length === 0 && <p className={styles.none}>{t(keys.metrics.length ? 'compare.allHidden' : 'compare.noMetrics')}</p>}
      <ChartGrid
        label={t('across.charts')}
        items={ids.map((id) => ({ id, group: '' }))}
        card={(id) => {
          const spec = specs.find((one) => one.id === id);
          if (!spec) return null;
          return (
            <ChartCard
              key={id}
              workspace={workspaces}
              spec={spec}
              runs={runs}
              colors={colors}
              first={ids[0] === id}
              last={ids.at(-1) === id}
              onEdit={() => setEditing(spec)}
              onCopy={() => onCharts(addChart(charts, { ...spec, title: t('compare.copyOf', { title: words.title(spec) }) }))}
              onMove={(by) => onCharts(moveChart(charts, ids, id, by))}
              onDropped={(moved) => onCharts(moveChart(charts, ids, moved, ids.indexOf(id) - ids.indexOf(moved)))}
              onRemove={() => onCharts(removeChart(charts, id))}
              onReport={canReport ? () => setReporting(spec) : undefined}
            />
          );
        }}
      />
      {editing && <ChartEditor key={editing.id} workspace={workspaces} spec={editing} adding={editing.id === NEW} keys={keys} runs={runs} onSave={save} onClose={() => setEditing(null)} />}
      {reporting && <ReportChartOf spec={reporting} places={places} onClose={() => setReporting(null)} />}
    </section>
  );
}

function ReportChartOf({ spec, places, onClose }: Pick<Props, 'places'> & { spec: ChartSpec; onClose: () => void }) {
  const words = useChartWords();
  const { id: _, ...chart } = { ...spec, title: words.title(spec) };
  return (
    <AddToReport
      workspace={places[0]?.workspace ?? ''}
      picks={{ search: null, picks: places }}
      block={(runs) => ({ kind: 'chart', id: newId(), runs, spec: chart })}
      onClose={onClose}
    />
  );
}
