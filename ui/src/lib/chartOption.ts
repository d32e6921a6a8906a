/** Convert a chart's data to ECharts options: bars, lines, points and boxes on two axes. */
import type { EChartsCoreOption } from 'echarts/core';
import type { AxisKind, ChartData, ChartPoint, ChartSeries } from './chartData';
import type { ChartSpec } from './chartSpec';

/** Colours and type of the surface that the chart stands on. */
export interface ChartInk {
  text: string;
  subtle: string;
  line: string;
  surface: string;
  /** From the least value to the greatest. */
  field: string[];
  font: string;
}

export interface ChartLook {
  ink: ChartInk;
  colors: Map<string, string>;
  colorOf: (key: string) => string;
  xName: string;
  yName: string;
  /** Runs' names by id, for the tooltip of a point. */
  labels: Map<string, string>;
  number: (value: number) => string;
  /** Room for axis names, legend and values on bars: full screen and preview have it, cards do not. */
  large: boolean;
}

const DASHES = ['solid', 'dashed', 'dotted'];
const LABELLED_BARS = 12;

function color(look: ChartLook, key: string): string {
  return look.colors.get(key) ?? look.colorOf(key);
}

export function textStyle(look: ChartLook) {
  return { color: look.ink.subtle, fontFamily: look.ink.font, fontSize: 12 };
}

export function tooltip(look: ChartLook, trigger: 'item' | 'axis') {
  return {
    trigger,
    confine: true,
    backgroundColor: look.ink.surface,
    borderColor: look.ink.line,
    textStyle: { color: look.ink.text, fontFamily: look.ink.font, fontSize: 12 },
    extraCssText: 'max-height:220px;overflow:auto;max-width:420px;box-shadow:0 4px 12px rgba(0,0,0,.18)',
    valueFormatter: (value: unknown) => (typeof value === 'number' ? look.number(value) : String(value ?? '')),
  };
}

/** Shorten a long name in the middle; its end distinguishes it from similar names. */
export function shortName(text: string, letters: number): string {
  const all = Array.from(text);
  if (all.length <= letters) return text;
  const tail = Math.floor((letters - 1) / 2);
  return `${all.slice(0, letters - 1 - tail).join('')}…${all.slice(-tail).join('')}`;
}

function xAxis(data: ChartData, look: ChartLook) {
  const type = { category: 'category', value: 'value', time: 'time' }[data.axis];
  const width = Math.max(76, Math.floor((look.large ? 640 : 320) / Math.max(1, data.categories.length)));
  return {
    type,
    data: data.axis === 'category' ? data.categories : undefined,
    name: look.large ? look.xName : '',
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: textStyle(look),
    scale: true,
    // Also the head of the tooltip: "Step 480".
    // On other axes without the key: ECharts fails on an axis whose pointer is undefined.
    ...(data.axis === 'value' && { axisPointer: { label: { formatter: ({ value }: { value: unknown }) => `${look.xName} ${typeof value === 'number' ? look.number(value) : String(value)}` } } }),
    axisLine: { lineStyle: { color: look.ink.line } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      ...textStyle(look),
      hideOverlap: true,
      interval: data.axis === 'category' && data.categories.length <= 4 ? 0 : undefined,
      width: data.axis === 'category' ? width : undefined,
      formatter: data.axis === 'category' ? (name: string) => shortName(name, Math.floor(width / 6.5)) : undefined,
      overflow: 'truncate',
    },
  };
}

/** Bars start at zero; other marks scale to the range of the values. */
function yAxis(spec: ChartSpec, look: ChartLook) {
  return {
    type: spec.scale === 'log' ? 'log' : 'value',
    name: look.large ? look.yName : '',
    nameLocation: 'end',
    nameTextStyle: { ...textStyle(look), align: 'left' },
    scale: spec.type !== 'bar' && spec.type !== 'area',
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...textStyle(look), formatter: (value: number) => look.number(value) },
    splitLine: { lineStyle: { color: look.ink.line, opacity: 0.6 } },
  };
}

function pointName(point: ChartPoint, look: ChartLook): string {
  return point.runs.map((run) => look.labels.get(run) ?? run).slice(0, 5).join(', ');
}

function bars(data: ChartData, look: ChartLook) {
  const many = data.series.length > 1;
  const label = data.categories.length * data.series.length <= LABELLED_BARS;
  return data.series.map((series) => {
    const byX = new Map(series.points.map((point) => [String(point.x), point]));
    return {
      type: 'bar',
      name: series.name,
      barMaxWidth: 56,
      color: many ? color(look, series.color) : undefined,
      itemStyle: { borderRadius: [3, 3, 0, 0], color: many ? color(look, series.color) : undefined },
      label: {
        show: label,
        position: 'top',
        color: look.ink.text,
        fontFamily: look.ink.font,
        fontSize: 12,
        formatter: ({ value }: { value: unknown }) => (typeof value === 'number' ? look.number(value) : ''),
      },
      data: data.categories.map((category) => {
        const point = byX.get(category);
        if (!point) return { value: '-' };
        return { value: point.y, itemStyle: many ? undefined : { color: color(look, point.color) } };
      }),
    };
  });
}

function values(series: ChartSeries, axis: AxisKind, categories: string[]): (string | number | null)[][] {
  if (axis !== 'category') return series.points.map((point) => [point.x, point.y]);
  const byX = new Map(series.points.map((point) => [String(point.x), point.y]));
  return categories.map((category) => [category, byX.get(category) ?? null]);
}

/** Names of series that draw a band begin with this; legends and tooltips leave them out. */
export const BAND = '\u0000';
const MOST_BANDS = 20;

/** The range of each curve: an invisible curve of its least values, and on it the distance to the greatest. */
function bands(spec: ChartSpec, data: ChartData, look: ChartLook) {
  if (spec.type !== 'line' || spec.scale === 'log' || data.axis === 'category') return [];
  const ranged = data.series.filter((series) => series.points.some((point) => point.low !== undefined));
  if (ranged.length > MOST_BANDS) return [];
  return ranged.flatMap((series, at) => {
    const shared = { type: 'line', stack: `${BAND}${at}`, stackStrategy: 'all', silent: true, animation: false, symbol: 'none', z: 1, lineStyle: { opacity: 0 } };
    const ink = color(look, series.color);
    return [
      { ...shared, name: `${BAND}low ${at}`, data: series.points.map((point) => [point.x, point.low ?? point.y]) },
      {
        ...shared,
        name: `${BAND}high ${at}`,
        color: ink,
        areaStyle: { color: ink, opacity: 0.16 },
        data: series.points.map((point) => [point.x, (point.high ?? point.y) - (point.low ?? point.y)]),
      },
    ];
  });
}

function lines(spec: ChartSpec, data: ChartData, look: ChartLook) {
  const metrics = [...new Set(data.series.map((series) => series.metric))];
  const curves = data.series.map((series) => ({
    type: 'line',
    name: series.name,
    data: values(series, data.axis, data.categories),
    color: color(look, series.color),
    sampling: 'minmax',
    animation: false,
    showSymbol: series.points.length < 40,
    symbolSize: 5,
    connectNulls: true,
    lineStyle: { width: 2, type: DASHES[metrics.indexOf(series.metric) % DASHES.length] },
    areaStyle: spec.type === 'area' ? { opacity: 0.18 } : undefined,
    emphasis: { focus: 'series' },
    z: 2,
  }));
  return [...curves, ...bands(spec, data, look)];
}

function dots(data: ChartData, look: ChartLook) {
  return data.series.map((series) => ({
    type: 'scatter',
    name: series.name,
    symbolSize: 10,
    color: color(look, series.color),
    large: series.points.length > 3000,
    emphasis: { focus: 'series' },
    data: series.points.map((point) => ({
      name: pointName(point, look),
      value: [point.x, point.y],
      itemStyle: data.series.length > 1 ? undefined : { color: color(look, point.color) },
    })),
  }));
}

/** Minimum, quartiles and maximum of the values, interpolated. */
export function quartiles(values: number[]): [number, number, number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? NaN;
    const high = sorted[Math.ceil(place)] ?? low;
    return low + (high - low) * (place - Math.floor(place));
  };
  return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
}

function boxes(spec: ChartSpec, data: ChartData, look: ChartLook) {
  return [
    {
      type: 'boxplot',
      name: spec.y.join(', '),
      boxWidth: [12, 56],
      data: data.boxes.map((box) => ({
        value: quartiles(box.values),
        itemStyle: { color: look.ink.surface, borderColor: color(look, box.color), borderWidth: 2 },
      })),
    },
  ];
}

function marks(spec: ChartSpec, data: ChartData, look: ChartLook) {
  if (spec.type === 'bar') return bars(data, look);
  if (spec.type === 'scatter') return dots(data, look);
  if (spec.type === 'box') return boxes(spec, data, look);
  return lines(spec, data, look);
}

/** Whether the chart needs its own legend: it has several series that are not the runs in the pane's legend. */
function hasLegend(spec: ChartSpec, data: ChartData, look: ChartLook): boolean {
  if (data.series.length < 2 || data.series.length > 60) return false;
  return look.large || spec.y.length > 1 || spec.by.startsWith('params.');
}

export function cartesianOption(spec: ChartSpec, data: ChartData, look: ChartLook): EChartsCoreOption {
  const legend = hasLegend(spec, data, look);
  const zooms = data.axis !== 'category' && spec.type !== 'bar';
  return {
    animationDuration: 180,
    animationDurationUpdate: 180,
    textStyle: textStyle(look),
    grid: { left: 8, right: 16, top: look.large ? 44 : 20, bottom: (legend ? 32 : 4) + (look.large ? 24 : 0), containLabel: true },
    tooltip: tooltip(look, spec.type === 'line' || spec.type === 'area' ? 'axis' : 'item'),
    legend: legend ? { bottom: 0, type: 'scroll', data: data.series.map((series) => series.name), textStyle: textStyle(look), itemHeight: 8, itemWidth: 14 } : undefined,
    // On a card the wheel scrolls the page, and zooms with Ctrl.
    dataZoom: zooms ? [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: look.large ? true : 'ctrl' }] : undefined,
    xAxis: xAxis(data, look),
    yAxis: yAxis(spec, look),
    series: marks(spec, data, look),
  };
}
