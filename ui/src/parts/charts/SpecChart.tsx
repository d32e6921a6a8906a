/** A chart drawn from its spec, runs and histories, in the page's theme and language. */
import { Spinner } from '@fluentui/react-components';
import { useMemo, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { chartInks, colorOf, colorsOf } from '../../lib/chartColors';
import { contourOf, contourOption, type Contour } from '../../lib/chartContour';
import { chartData, runLabels, type ChartData, type ChartHistory, type ChartRun } from '../../lib/chartData';
import { cartesianOption, type ChartLook } from '../../lib/chartOption';
import { parallelOption } from '../../lib/chartParallel';
import { overHistory, type ChartSpec } from '../../lib/chartSpec';
import { chartTable, type ChartTable } from '../../lib/chartTable';
import { formatNumber } from '../../lib/format';
import { useTheme } from '../../lib/theme';
import { Chart, type ChartHandle } from './Chart';
import { ChartBoundary } from './ChartBoundary';
import styles from './SpecChart.module.css';
import { useChartWords } from './words';

interface Props {
  spec: ChartSpec;
  runs: ChartRun[];
  histories: ChartHistory[];
  loading?: boolean;
  large?: boolean;
  /** Colours of runs where the page has given them out: the same in the table, the legend and every chart. */
  colors?: Map<string, string>;
  handle?: Ref<ChartHandle>;
}

/** What has a colour in a chart, besides its runs: groups, metrics, categories. */
function groupKeys(data: ChartData): string[] {
  const points = data.series.length === 1 ? data.series.flatMap((series) => series.points.map((point) => point.color)) : [];
  return [...data.series.map((series) => series.color), ...points, ...data.boxes.map((box) => box.color)];
}

/** The numbers behind a chart, for drawing and for the CSV file. */
export function useChartNumbers(spec: ChartSpec, runs: ChartRun[], histories: ChartHistory[]) {
  const words = useChartWords();
  const { t } = useTranslation('experiments');
  return useMemo(() => {
    const labels = runLabels(runs);
    const data = chartData(spec, runs, histories, labels);
    const names = {
      x: words.axis(spec.x),
      series: t('chart.column.series'),
      value: spec.y.length === 1 ? (spec.y[0] ?? '') : t('chart.column.value'),
      runs: t('chart.column.runs'),
    };
    const contour = spec.type === 'contour' ? contourOf(spec, runs) : null;
    const table: ChartTable = chartTable(spec, data, runs, names, labels);
    return { labels, data, table, contour };
  }, [spec, runs, histories, words, t]);
}

/** What is said in place of a chart that cannot be drawn; null if it can. */
function whyEmpty(spec: ChartSpec, table: ChartTable, contour: Contour | null) {
  if (contour) {
    if (spec.params.length < 2 || !spec.y.length) return 'chart.contour.needsParams';
    return contour.lack && (`chart.contour.${contour.lack}` as const);
  }
  if (spec.type === 'parallel') return spec.params.length + spec.y.length < 2 ? 'chart.needsAxes' : null;
  return table.rows.length === 0 ? 'chart.noPoints' : null;
}

export function SpecChart({ spec, runs, histories, loading = false, large = false, colors: given, handle }: Props) {
  const { t, i18n } = useTranslation('experiments');
  const { theme } = useTheme();
  const words = useChartWords();
  const { labels, data, table, contour } = useChartNumbers(spec, runs, histories);
  const option = useMemo(() => {
    const look: ChartLook = {
      ink: chartInks[theme],
      colors: new Map([...colorsOf(groupKeys(data)), ...(given ?? colorsOf(runs.map((run) => run.run_id)))]),
      colorOf,
      xName: words.axis(spec.x),
      yName: spec.y.join(', '),
      labels,
      number: (value) => formatNumber(value, i18n.language),
      large,
    };
    if (contour) return contourOption(spec, contour, look, { method: t('chart.contour.method'), log: (name) => t('chart.contour.log', { name }) });
    return spec.type === 'parallel' ? parallelOption(spec, runs, look) : cartesianOption(spec, data, look);
  }, [spec, runs, data, contour, labels, theme, words, t, i18n.language, large, given]);

  const zoomGroup = overHistory(spec) && !large ? spec.x : undefined;
  const empty = whyEmpty(spec, table, contour);
  const { unreal, dropped } = contour ?? data;
  const waiting = loading && overHistory(spec) && histories.length === 0;
  return (
    <div className={styles.body}>
      {waiting ? (
        <Spinner size="tiny" label={t('chart.loading')} className={styles.note} />
      ) : empty ? (
        <p className={styles.note}>{t(empty, { x: spec.params[0], y: spec.params[1], count: contour?.points.length ?? 0 })}</p>
      ) : (
        <ChartBoundary drawn={option} fallback={<p className={styles.note}>{t('chart.failed')}</p>}>
          <Chart option={option} label={words.title(spec)} table={table} handle={handle} zoomGroup={zoomGroup} />
        </ChartBoundary>
      )}
      {contour && contour.missing > 0 && spec.params.length > 1 && <p className={styles.dropped}>{t('chart.contour.missing', { count: contour.missing })}</p>}
      {unreal > 0 && <p className={styles.dropped}>{t('chart.unreal', { count: unreal })}</p>}
      {dropped > 0 && <p className={styles.dropped}>{t('chart.dropped', { count: dropped })}</p>}
    </div>
  );
}
