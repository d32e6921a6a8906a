/** Compute the series of a chart from runs and histories. Pure. */
import { align } from './chartAlign';
import { axisKey, overHistory, type ChartSpec } from './chartSpec';
import { isInfinite } from './format';

export interface ChartRun {
  run_id: string;
  name: string;
  start_time: number;
  metrics: Record<string, number | null>;
  params: Record<string, string>;
}

export interface ChartHistory {
  run_id: string;
  key: string;
  steps: number[];
  timestamps: number[];
  values: (number | null)[];
}

export type AxisKind = 'category' | 'value' | 'time';

export interface ChartPoint {
  x: string | number;
  y: number;
  /** The runs behind the point, newest last. */
  runs: string[];
  /** Key of its colour: its only run, or its group. */
  color: string;
  /** The least and greatest value that a point of several runs, or a smoothed one, stands for. */
  low?: number;
  high?: number;
}

export interface ChartSeries {
  name: string;
  metric: string;
  color: string;
  points: ChartPoint[];
}

export interface ChartBox {
  category: string;
  values: number[];
  color: string;
}

export interface ChartData {
  axis: AxisKind;
  categories: string[];
  series: ChartSeries[];
  boxes: ChartBox[];
  /** Number of points that a logarithmic scale cannot show: zero and below. */
  dropped: number;
  /** Number of omitted values: NaN and infinities. */
  unreal: number;
}

interface Seen {
  run: ChartRun;
  metric: string;
  x: string | number;
  y: number;
}

/** Names of runs as axis labels; duplicates have the start of their id appended. */
export function runLabels(runs: ChartRun[]): Map<string, string> {
  const count = new Map<string, number>();
  for (const run of runs) count.set(run.name, (count.get(run.name) ?? 0) + 1);
  const label = (run: ChartRun) => ((count.get(run.name) ?? 0) > 1 ? `${run.name} (${run.run_id.slice(0, 6)})` : run.name);
  return new Map(runs.map((run) => [run.run_id, label(run)]));
}

function isNumeric(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** Whether the param is a number in every run that has it. */
export function isNumericParam(runs: ChartRun[], key: string): boolean {
  const values = runs.map((run) => run.params[key]).filter((value) => value !== undefined);
  return values.length > 0 && values.every(isNumeric);
}

function runX(spec: ChartSpec, run: ChartRun, labels: Map<string, string>): string | number | null {
  const param = axisKey(spec.x, 'params');
  const metric = axisKey(spec.x, 'metrics');
  if (param !== null) return run.params[param] ?? null;
  if (metric !== null) return run.metrics[metric] ?? null;
  if (spec.x === 'start') return run.start_time;
  return labels.get(run.run_id) ?? run.name;
}

function seenOfRuns(spec: ChartSpec, runs: ChartRun[], labels: Map<string, string>): Seen[] {
  return runs.flatMap((run) =>
    spec.y.flatMap((metric) => {
      const y = run.metrics[metric];
      const x = runX(spec, run, labels);
      return y === undefined || x === null ? [] : [{ run, metric, x, y: y ?? NaN }];
    }),
  );
}

function historyX(spec: ChartSpec, history: ChartHistory, at: number, run: ChartRun, label: string): string | number {
  if (spec.x === 'step') return history.steps[at] ?? at;
  if (spec.x === 'time') return history.timestamps[at] ?? 0;
  if (spec.x === 'relative') return ((history.timestamps[at] ?? 0) - run.start_time) / 1000;
  return label;
}

function seenOfHistories(spec: ChartSpec, runs: ChartRun[], histories: ChartHistory[], labels: Map<string, string>): Seen[] {
  const byRun = new Map(runs.map((run) => [run.run_id, run]));
  return histories.flatMap((history) => {
    const run = byRun.get(history.run_id);
    if (!run || !spec.y.includes(history.key)) return [];
    const label = labels.get(run.run_id) ?? run.name;
    return history.values.map((y, at) => ({ run, metric: history.key, x: historyX(spec, history, at, run, label), y: y ?? NaN }));
  });
}

function axisKind(spec: ChartSpec, runs: ChartRun[]): AxisKind {
  const param = axisKey(spec.x, 'params');
  if (spec.x === 'run') return 'category';
  if (spec.type === 'bar' || spec.type === 'box') return 'category';
  if (param !== null) return isNumericParam(runs, param) ? 'value' : 'category';
  return spec.x === 'start' || spec.x === 'time' ? 'time' : 'value';
}

function group(spec: ChartSpec, seen: Seen, history: boolean): string {
  const param = axisKey(spec.by, 'params');
  if (param !== null) return seen.run.params[param] ?? '-';
  if (spec.by === 'run' || history) return seen.run.run_id;
  return '';
}

/** One value for several runs. */
export function aggregated(agg: ChartSpec['agg'], seen: readonly { run: ChartRun; y: number }[]): number {
  const values = seen.map((one) => one.y);
  if (agg === 'min') return values.reduce((a, b) => Math.min(a, b), Infinity);
  if (agg === 'max') return values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (agg === 'mean') return values.reduce((a, b) => a + b, 0) / values.length;
  const latest = seen.reduce((a, b) => (b.run.start_time >= a.run.start_time ? b : a));
  return latest.y;
}

function collect<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const known = groups.get(name);
    if (known) known.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

function extremes(values: number[]): { low: number; high: number } {
  return { low: values.reduce((a, b) => Math.min(a, b), Infinity), high: values.reduce((a, b) => Math.max(a, b), -Infinity) };
}

function pointOf(spec: ChartSpec, at: Seen[], axis: AxisKind, ofGroup: string): ChartPoint {
  const raw = at[0]?.x ?? '';
  const runs = [...new Set([...at].sort((a, b) => a.run.start_time - b.run.start_time).map((one) => one.run.run_id))];
  const own = runs.length === 1 ? (runs[0] ?? '') : String(raw);
  const x = axis === 'category' ? String(raw) : Number(raw);
  return { x, y: aggregated(spec.agg, at), runs, color: ofGroup || own, ...(runs.length > 1 && extremes(at.map((one) => one.y))) };
}

function categoriesOf(spec: ChartSpec, seen: Seen[]): string[] {
  const groups = collect(seen, (one) => String(one.x));
  const names = [...groups.keys()];
  if (spec.sort !== 'runs') {
    const value = new Map(names.map((name) => [name, aggregated(spec.agg, groups.get(name) ?? [])]));
    const sign = spec.sort === 'up' ? 1 : -1;
    return names.sort((a, b) => sign * ((value.get(a) ?? 0) - (value.get(b) ?? 0)));
  }
  if (spec.x !== 'run' && names.every(isNumeric)) return names.sort((a, b) => Number(a) - Number(b));
  return names;
}

/** Interpolate the runs of a group at common positions. */
function aligned(seen: Seen[]): Seen[] {
  const curves = [...collect(seen, (one) => one.run.run_id).values()].flatMap((points) => {
    const [owner] = points;
    return owner ? [{ owner, points: points.map(({ x, y }) => ({ x: Number(x), y })) }] : [];
  });
  return align(curves).map(({ owner, x, y }) => ({ ...owner, x, y }));
}

const WIDEST_WINDOW = 50;

/** Exponential moving average of the points, with bias correction at the start, and the range of what it averages. */
function smoothed(points: ChartPoint[], weight: number): ChartPoint[] {
  const window = Math.min(WIDEST_WINDOW, Math.ceil(1 / (1 - weight)));
  let kept = 0;
  let share = 0;
  return points.map((point, at) => {
    kept = kept * weight + (1 - weight) * point.y;
    share = share * weight + (1 - weight);
    const averaged = points.slice(Math.max(0, at - window + 1), at + 1);
    const y = kept / share;
    const { low, high } = extremes(averaged.flatMap((one) => [one.low ?? one.y, one.high ?? one.y]));
    return { ...point, y, low: Math.min(low, y), high: Math.max(high, y) };
  });
}

function seriesOf(spec: ChartSpec, seen: Seen[], axis: AxisKind, labels: Map<string, string>): ChartSeries[] {
  const history = overHistory(spec);
  const groups = collect(seen, (one) => `${one.metric}\u0000${group(spec, one, history)}`);
  const apart = spec.type === 'scatter' && !history;
  return [...groups].map(([id, members]) => {
    const [metric = '', name = ''] = id.split('\u0000');
    const key = (one: Seen) => (apart ? one.run.run_id : String(one.x));
    const places = history && axis !== 'category' && !labels.has(name) ? aligned(members) : members;
    const points = [...collect(places, key).values()].map((at) => pointOf(spec, at, axis, name));
    if (axis !== 'category') points.sort((a, b) => Number(a.x) - Number(b.x));
    const drawn = history && axis !== 'category' && spec.smooth > 0 ? smoothed(points, spec.smooth) : points;
    const shown = labels.get(name) ?? name;
    const title = spec.y.length > 1 ? [shown, metric].filter(Boolean).join(' · ') : shown || metric;
    return { name: title, metric, color: name || metric, points: drawn };
  });
}

function isReal(value: number): boolean {
  return !Number.isNaN(value) && !isInfinite(value);
}

/** The series of a chart that `spec` describes. `labels` are the runs' names on axes and in legends. */
export function chartData(spec: ChartSpec, runs: ChartRun[], histories: ChartHistory[], labels = runLabels(runs)): ChartData {
  const history = overHistory(spec);
  const given = history ? seenOfHistories(spec, runs, histories, labels) : seenOfRuns(spec, runs, labels);
  const all = given.filter((one) => isReal(one.y) && (typeof one.x === 'string' || isReal(one.x)));
  const seen = spec.scale === 'log' ? all.filter((one) => one.y > 0) : all;
  const axis = axisKind(spec, runs);
  const categories = axis === 'category' ? categoriesOf(spec, seen) : [];
  const box = spec.type === 'box';
  const groups = collect(seen, (one) => String(one.x));
  const boxes = box
    ? categories.map((category) => {
        const at = groups.get(category) ?? [];
        const ids = new Set(at.map((one) => one.run.run_id));
        return { category, values: at.map((one) => one.y), color: ids.size === 1 ? ([...ids][0] ?? category) : category };
      })
    : [];
  return { axis, categories, series: box ? [] : seriesOf(spec, seen, axis, labels), boxes, dropped: all.length - seen.length, unreal: given.length - all.length };
}
