/** A metric over two params: the runs as points on a field that is interpolated between them. */
import type { EChartsCoreOption } from 'echarts/core';
import { aggregated, runLabels, type ChartRun } from './chartData';
import { textStyle, tooltip, type ChartLook } from './chartOption';
import type { ChartSpec } from './chartSpec';
import { isInfinite } from './format';

/** One combination of the two params. */
export interface ContourPoint {
  x: number;
  y: number;
  value: number;
  /** The runs with this combination, newest last. */
  runs: string[];
}

export interface ContourAxis {
  name: string;
  /** Values that are all positive and span at least a factor of 100, such as learning rates. */
  log: boolean;
  min: number;
  max: number;
}

export interface Contour {
  x: ContourAxis;
  y: ContourAxis;
  points: ContourPoint[];
  /** Lower and upper corners and the value of each cell of the field; empty where it cannot be drawn. */
  cells: [x0: number, x1: number, y0: number, y1: number, value: number][];
  /** `few`: fewer than three combinations; `line`: all of them on one line. */
  lack: 'few' | 'line' | null;
  /** Runs without a number for one of the params, or without the metric. */
  missing: number;
  /** Runs whose metric is NaN or infinite. */
  unreal: number;
  /** Runs whose metric a logarithmic scale cannot show: zero and below. */
  dropped: number;
}

/** Cells of the field in each direction. */
const CELLS = 60;
const WIDE = 100;

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function axisOf(name: string, values: number[]): ContourAxis {
  const min = values.reduce((a, b) => Math.min(a, b), Infinity);
  const max = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return { name, min, max, log: min > 0 && max / min >= WIDE };
}

/** The place of a value on its axis, from 0 to 1. */
function placeOn({ log, min, max }: ContourAxis, value: number): number {
  if (min === max) return 0.5;
  return log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
}

function valueAt({ log, min, max }: ContourAxis, place: number): number {
  return log ? min * (max / min) ** place : min + (max - min) * place;
}

type Place = [x: number, y: number];

function turn(a: Place, b: Place, c: Place): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

const NEARLY = 1e-9;

/** The convex hull, counter-clockwise, by Andrew's monotone chain; fewer than three corners if all places are on one line. */
export function hullOf(places: readonly Place[]): Place[] {
  const sorted = [...places].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (ordered: Place[]) => {
    const chain: Place[] = [];
    for (const place of ordered) {
      for (;;) {
        const [before, last] = [chain.at(-2), chain.at(-1)];
        if (!before || !last || turn(before, last, place) > NEARLY) break;
        chain.pop();
      }
      chain.push(place);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function isInside(hull: readonly Place[], place: Place): boolean {
  return hull.every((corner, at) => turn(corner, hull[(at + 1) % hull.length] ?? corner, place) >= -NEARLY);
}

/** Inverse distance weighting with the square of the distance: exact at the places, never beyond their values. */
export function weighted(places: readonly Place[], values: readonly number[], [x, y]: Place): number {
  let [sum, weights] = [0, 0];
  for (const [at, place] of places.entries()) {
    const square = (place[0] - x) ** 2 + (place[1] - y) ** 2;
    const value = values[at] ?? NaN;
    if (square < NEARLY ** 2) return value;
    sum += value / square;
    weights += 1 / square;
  }
  return sum / weights;
}

export function contourOf(spec: ChartSpec, runs: ChartRun[]): Contour {
  const [xName = '', yName = ''] = spec.params;
  const metric = spec.y[0] ?? '';
  const whole = runs.flatMap((run) => {
    const [x, y, value] = [numberOf(run.params[xName]), numberOf(run.params[yName]), run.metrics[metric]];
    return x === null || y === null || value === undefined ? [] : [{ run, metric, x, y, value: value ?? NaN }];
  });
  const real = whole.filter(({ value }) => !Number.isNaN(value) && !isInfinite(value));
  const seen = spec.scale === 'log' ? real.filter(({ value }) => value > 0) : real;
  const at = new Map<string, typeof seen>();
  for (const one of seen) at.set(`${one.x} ${one.y}`, [...(at.get(`${one.x} ${one.y}`) ?? []), one]);
  const points = [...at.values()].flatMap((same): ContourPoint[] => {
    const [first] = same;
    if (!first) return [];
    const sorted = same.map(({ run, value }) => ({ run, y: value })).sort((a, b) => a.run.start_time - b.run.start_time);
    return [{ x: first.x, y: first.y, value: aggregated(spec.agg, sorted), runs: sorted.map(({ run }) => run.run_id) }];
  });
  const [x, y] = [axisOf(xName, points.map((one) => one.x)), axisOf(yName, points.map((one) => one.y))];
  const places = points.map((one): Place => [placeOn(x, one.x), placeOn(y, one.y)]);
  const hull = hullOf(places);
  const lack = points.length < 3 ? 'few' : hull.length < 3 ? 'line' : null;
  const cells = lack ? [] : fieldOf(x, y, places, points.map((one) => one.value), hull, spec.scale === 'log');
  return { x, y, points, cells, lack, missing: runs.length - whole.length, unreal: whole.length - real.length, dropped: real.length - seen.length };
}

/** Cells whose middle is among the runs: what is beyond them is not guessed. */
function fieldOf(x: ContourAxis, y: ContourAxis, places: Place[], values: number[], hull: Place[], log: boolean): Contour['cells'] {
  const scaled = log ? values.map(Math.log) : values;
  const cells: Contour['cells'] = [];
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < CELLS; column += 1) {
      const middle: Place = [(column + 0.5) / CELLS, (row + 0.5) / CELLS];
      if (!isInside(hull, middle)) continue;
      const value = weighted(places, scaled, middle);
      cells.push([
        valueAt(x, column / CELLS), valueAt(x, (column + 1) / CELLS),
        valueAt(y, row / CELLS), valueAt(y, (row + 1) / CELLS),
        log ? Math.exp(value) : value,
      ]);
    }
  }
  return cells;
}

/** Colours of the field, so that contours between them can be seen. */
const BANDS = 10;

interface Drawing {
  value: (dimension: number) => number;
  coord: (place: [number, number]) => [number, number];
  visual: (name: 'color') => string;
}

function drawCell(_: unknown, api: Drawing) {
  const [left, bottom] = api.coord([api.value(0), api.value(2)]);
  const [right, top] = api.coord([api.value(1), api.value(3)]);
  // Half a pixel more on each side, so that no line of the page shows between cells.
  return { type: 'rect', shape: { x: left - 0.5, y: top - 0.5, width: right - left + 1, height: bottom - top + 1 }, style: { fill: api.visual('color') } };
}

export interface ContourWords {
  method: string;
  log: (name: string) => string;
}

export function contourOption(spec: ChartSpec, contour: Contour, look: ChartLook, words: ContourWords): EChartsCoreOption {
  const { points, cells } = contour;
  const metric = spec.y[0] ?? '';
  const isLog = spec.scale === 'log';
  const scaled = (value: number) => (isLog ? Math.log10(value) : value);
  const values = points.map((one) => scaled(one.value));
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const band = (value: number) => (min === max ? value : min + ((Math.min(BANDS - 1, Math.floor(((value - min) / (max - min)) * BANDS)) + 0.5) / BANDS) * (max - min));
  const axis = ({ name, log, min: least, max: most }: ContourAxis, side: object) => ({
    type: log ? 'log' : 'value',
    // A little room, so that runs at the edge are whole.
    min: log ? least / (most / least) ** 0.04 : least - (most - least) * 0.04,
    max: log ? most * (most / least) ** 0.04 : most + (most - least) * 0.04,
    name: log ? words.log(name) : name,
    nameTextStyle: textStyle(look),
    axisLine: { lineStyle: { color: look.ink.line } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { ...textStyle(look), hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => look.number(value) },
    ...side,
  });
  return {
    animation: false,
    textStyle: textStyle(look),
    title: { text: words.method, left: 8, bottom: 0, textStyle: { ...textStyle(look), fontSize: 11, fontWeight: 'normal' } },
    grid: { left: 8, right: 88, top: 28, bottom: 44, containLabel: true },
    tooltip: tooltip(look, 'item'),
    xAxis: axis(contour.x, { nameLocation: 'middle', nameGap: 26 }),
    yAxis: axis(contour.y, { nameLocation: 'end', nameTextStyle: { ...textStyle(look), align: 'left' } }),
    visualMap: {
      min,
      max: max === min ? min + 1 : max,
      dimension: 4,
      seriesIndex: 0,
      calculable: false,
      orient: 'vertical',
      right: 0,
      top: 'middle',
      itemWidth: 12,
      itemHeight: look.large ? 180 : 96,
      text: [look.number(Math.max(...points.map((one) => one.value))), look.number(Math.min(...points.map((one) => one.value)))],
      textStyle: textStyle(look),
      inRange: { color: look.ink.field },
    },
    series: [
      { type: 'custom', name: metric, silent: true, clip: true, renderItem: drawCell, dimensions: ['x0', 'x1', 'y0', 'y1', metric], encode: { x: [0, 1], y: [2, 3] }, data: cells.map(([x0, x1, y0, y1, value]) => [x0, x1, y0, y1, band(scaled(value))]), z: 1 },
      {
        type: 'scatter',
        name: metric,
        symbolSize: look.large ? 12 : 9,
        z: 3,
        data: points.map((point) => {
          const [id = ''] = point.runs;
          return {
            name: point.runs.map((run) => look.labels.get(run) ?? run).slice(0, 5).join(', '),
            value: [point.x, point.y, point.value],
            itemStyle: { color: look.colors.get(id) ?? look.colorOf(id), borderColor: look.ink.surface, borderWidth: 2, opacity: 1 },
          };
        }),
        encode: { x: 0, y: 1, tooltip: [0, 1, 2] },
        dimensions: [contour.x.name, contour.y.name, metric],
      },
    ],
  };
}

/** The lines of the chart's table: one for each combination. */
export function contourRows(contour: Contour, labels: ReturnType<typeof runLabels>): (string | number)[][] {
  return contour.points.map((one) => [one.x, one.y, one.value, one.runs.map((run) => labels.get(run) ?? run).join('; ')]);
}
