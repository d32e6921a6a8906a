/** Charts over the same axis show the same part of it: who zooms one, zooms all. */
import type { ECharts } from 'echarts/core';

interface Range {
  startValue: number;
  endValue: number;
}

interface Group {
  charts: Set<ECharts>;
  range: Range | null;
}

const groups = new Map<string, Group>();
const WHOLE = { type: 'dataZoom', start: 0, end: 100 };

function rangeOf(chart: ECharts): Range | null {
  const zoom: unknown = Object(chart.getOption()).dataZoom;
  const { startValue, endValue, start, end } = Object(Array.isArray(zoom) ? zoom[0] : null);
  if (typeof startValue !== 'number' || typeof endValue !== 'number' || (start === 0 && end === 100)) return null;
  return { startValue, endValue };
}

function show(chart: ECharts, range: Range | null): void {
  chart.dispatchAction(range ? { type: 'dataZoom', ...range } : WHOLE, { silent: true });
}

/** Show the group's part of the axis, for example after a chart has got new data. */
export function applyZoom(name: string | undefined, chart: ECharts): void {
  const range = name === undefined ? null : groups.get(name)?.range;
  if (range) show(chart, range);
}

/** Returns what takes the chart out of the group. A double click shows the whole axis again. */
export function joinZoom(name: string, chart: ECharts): () => void {
  const group = groups.get(name) ?? { charts: new Set(), range: null };
  groups.set(name, group);
  group.charts.add(chart);
  const share = (range: Range | null) => {
    group.range = range;
    for (const other of group.charts) if (other !== chart) show(other, range);
  };
  chart.on('datazoom', () => share(rangeOf(chart)));
  chart.getZr().on('dblclick', () => {
    show(chart, null);
    share(null);
  });
  return () => {
    group.charts.delete(chart);
    if (group.charts.size === 0) groups.delete(name);
  };
}
