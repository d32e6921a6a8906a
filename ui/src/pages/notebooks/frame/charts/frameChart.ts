/** Charts of a displayed frame: what one shows, how it is kept in the cell's metadata, and which are recommended. Pure. */
import { isNumeric, kindOf, type Column, type Frame } from '../frame';

export const chartTypes = ['bar', 'line', 'area', 'scatter', 'histogram', 'box', 'pie', 'heat'] as const;
export const aggregations = ['count', 'sum', 'mean', 'min', 'max', 'median'] as const;
export type ChartType = (typeof chartTypes)[number];
export type Aggregation = (typeof aggregations)[number];

/** A column by its name; `at` tells columns of the same name apart. */
export interface ColumnRef {
  name: string;
  at: number;
}

export interface FrameChart {
  id: string;
  /** Which table of the cell it belongs to, from 0. */
  table: number;
  title: string;
  type: ChartType;
  x: ColumnRef | null;
  y: ColumnRef[];
  /** The column of its series, or of the vertical axis of a heat map. */
  split: ColumnRef | null;
  aggregation: Aggregation;
  bins: number;
  /** What the session computed last, and of which displayed frame. */
  numbers: unknown;
  of: string | null;
}

export const MOST_CHARTS = 5;
export const CHARTS_KEY = 'handloom_charts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readRef(value: unknown): ColumnRef | null {
  return isRecord(value) && typeof value.name === 'string' ? { name: value.name, at: Number(value.at) || 0 } : null;
}

function readChart(value: unknown): FrameChart | null {
  if (!isRecord(value) || typeof value.id !== 'string') return null;
  const type = chartTypes.find((one) => one === value.type);
  if (!type) return null;
  return {
    id: value.id,
    table: Number(value.table) || 0,
    title: typeof value.title === 'string' ? value.title : '',
    type,
    x: readRef(value.x),
    y: (Array.isArray(value.y) ? value.y : []).map(readRef).filter((one) => one !== null),
    split: readRef(value.split),
    aggregation: aggregations.find((one) => one === value.aggregation) ?? 'count',
    bins: Math.min(200, Math.max(1, Math.round(Number(value.bins)) || 20)),
    numbers: value.numbers ?? null,
    of: typeof value.of === 'string' ? value.of : null,
  };
}

/** From metadata that anything may have written. */
export function readCharts(value: unknown): FrameChart[] {
  return (Array.isArray(value) ? value : []).map(readChart).filter((one) => one !== null);
}

function place(ref: ColumnRef | null, columns: readonly Column[]): number | null {
  if (!ref) return null;
  if (columns[ref.at]?.name === ref.name) return ref.at;
  const found = columns.findIndex(({ name }) => name === ref.name);
  return found < 0 ? null : found;
}

/** The columns of a chart that the table does not have. */
export function lostColumns(chart: FrameChart, columns: readonly Column[]): string[] {
  return [chart.x, ...chart.y, chart.split].flatMap((one) => (one && place(one, columns) === null ? [one.name] : []));
}

/** What the session is asked for. Null while the chart still needs a column. */
export function chartQuery(chart: FrameChart, columns: readonly Column[]): object | null {
  const { type, aggregation, bins } = chart;
  const x = place(chart.x, columns);
  const y = chart.y.map((one) => place(one, columns)).filter((one) => one !== null);
  const split = place(chart.split, columns);
  const uses = needs(type);
  if (uses.x === 'needed' && x === null) return null;
  if (y.length === 0 && (uses.y === 'needed' || (uses.aggregation && aggregation !== 'count'))) return null;
  if (type === 'heat' && split === null) return null;
  return {
    type,
    x,
    y: uses.y === 'none' ? [] : y,
    split: uses.split ? split : null,
    aggregation: uses.aggregation ? aggregation : 'count',
    bins,
  };
}

interface Needs {
  x: 'needed' | 'optional';
  y: 'needed' | 'optional' | 'none';
  split: boolean;
  aggregation: boolean;
}

/** Which settings a type has. */
export function needs(type: ChartType): Needs {
  if (type === 'histogram') return { x: 'needed', y: 'none', split: false, aggregation: false };
  if (type === 'scatter') return { x: 'needed', y: 'needed', split: true, aggregation: false };
  if (type === 'box') return { x: 'optional', y: 'needed', split: false, aggregation: false };
  return { x: 'needed', y: 'optional', split: type !== 'pie', aggregation: true };
}

export type Proposal = Pick<FrameChart, 'type' | 'x' | 'y' | 'split' | 'aggregation'>;

/** Charts that suit the types of the columns, and how many values the first rows have. */
export function recommended(frame: Frame): Proposal[] {
  const refs = frame.columns.map(({ name, type }, at) => ({ ref: { name, at }, kind: kindOf(type), unique: uniqueOf(frame, at) }));
  const rows = Math.max(1, frame.rows.length);
  const times = refs.filter(({ kind }) => kind === 'time');
  const groups = refs.filter(({ kind, unique }) => (kind === 'text' || kind === 'boolean') && unique > 1 && unique <= 50);
  const small = refs.filter(({ kind, unique }) => kind === 'integer' && unique > 1 && unique <= 12);
  const numbers = refs.filter(({ kind }) => isNumeric(kind));
  // a number of its own in every row is a row's name rather than a measure
  const measures = numbers.filter(({ kind, unique }) => kind !== 'integer' || unique < rows || rows < 10);
  const [first, second] = measures.length > 0 ? measures : numbers;
  const group = groups[0] ?? small.find(({ ref }) => ref !== first?.ref);
  const none = { x: null, y: [], split: null, aggregation: 'count' as const };
  const found: Proposal[] = [];
  if (times[0] && first) found.push({ ...none, type: 'line', x: times[0].ref, y: [first.ref], aggregation: 'mean' });
  if (group && first) found.push({ ...none, type: 'bar', x: group.ref, y: [first.ref], aggregation: 'mean' });
  if (group) found.push({ ...none, type: groups.length > 0 ? 'pie' : 'bar', x: group.ref });
  if (first) found.push({ ...none, type: 'histogram', x: first.ref });
  if (first && second) found.push({ ...none, type: 'scatter', x: first.ref, y: [second.ref], split: groups[0]?.ref ?? null });
  if (group && first) found.push({ ...none, type: 'box', x: group.ref, y: [first.ref] });
  if (groups[0] && groups[1]) found.push({ ...none, type: 'heat', x: groups[0].ref, split: groups[1].ref });
  return found;
}

function uniqueOf(frame: Frame, at: number): number {
  return new Set(frame.rows.map((row) => JSON.stringify(row[at] ?? null))).size;
}

/** The chart that "Build my own" starts with. */
export function firstChart(frame: Frame): Proposal {
  return recommended(frame)[0] ?? { type: 'bar', x: null, y: [], split: null, aggregation: 'count' };
}
