/** A chart's numbers as the session sends them and the notebook keeps them. Pure. */
import type { ChartTable } from '../../../../lib/chartTable';

export type AxisKind = 'category' | 'number' | 'time';
/** A group: text, a number or time in ms, or the two ends of an interval. */
export type Group = string | number | [number, number];

export interface Note {
  kind: 'groups' | 'points' | 'series' | 'missing' | 'intervals';
  shown: number;
  total: number;
  count: number;
  name: string;
}

export interface Numbers {
  /** The rows that were read. */
  rows: number;
  axis: AxisKind;
  categories: Group[];
  lineAxis: AxisKind;
  lines: Group[];
  interval: number | null;
  /** What the slices that are not shown add up to. */
  other: number | null;
  series: { name: string; points: [string | number, number | null][] }[];
  bins: [number, number, number][];
  /** Name of the column where there are several, group, least, quartiles, greatest, count. */
  boxes: { name: string; group: Group; values: number[]; count: number }[];
  cells: [number, number, number][];
  notes: Note[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function readAxis(value: unknown): AxisKind {
  return value === 'number' || value === 'time' ? value : 'category';
}

function readGroup(value: unknown): Group {
  const ends = list(value);
  if (ends.length === 2) return [Number(ends[0]), Number(ends[1])];
  return typeof value === 'number' ? value : String(value);
}

function triple(value: unknown): [number, number, number] {
  const [a, b, c] = list(value);
  return [Number(a), Number(b), Number(c)];
}

const NOTES = ['groups', 'points', 'series', 'missing', 'intervals'] as const;

function readNote(value: unknown): Note | null {
  const kind = isRecord(value) ? NOTES.find((one) => one === value.kind) : undefined;
  if (!isRecord(value) || !kind) return null;
  const { shown, total, count, name } = value;
  return { kind, shown: Number(shown), total: Number(total), count: Number(count), name: String(name ?? '') };
}

/** From metadata that anything may have written; null where it is no chart. */
export function readNumbers(value: unknown): Numbers | null {
  if (!isRecord(value)) return null;
  return {
    rows: Number(value.rows) || 0,
    axis: readAxis(value.axis),
    categories: list(value.categories).map(readGroup),
    lineAxis: readAxis(value.line_axis),
    lines: list(value.lines).map(readGroup),
    interval: typeof value.interval === 'number' ? value.interval : null,
    other: typeof value.other === 'number' ? value.other : null,
    series: list(value.series).map((one) => ({
      name: isRecord(one) ? String(one.name ?? '') : '',
      points: list(isRecord(one) ? one.points : []).map((point): [string | number, number | null] => {
        const [x, y] = list(point);
        return [typeof x === 'number' ? x : String(x), typeof y === 'number' ? y : null];
      }),
    })),
    bins: list(value.bins).map(triple),
    boxes: list(value.boxes).map((one) => {
      const [name, group, ...rest] = list(one);
      return { name: String(name ?? ''), group: readGroup(group), values: rest.slice(0, 5).map(Number), count: Number(rest[5]) };
    }),
    cells: list(value.cells).map(triple),
    notes: list(value.notes).map(readNote).filter((one) => one !== null),
  };
}

export function isEmpty({ series, bins, boxes, cells }: Numbers): boolean {
  return series.every(({ points }) => points.length === 0) && bins.length + boxes.length + cells.length === 0;
}

export interface NumberWords {
  number: (value: number) => string;
  /** "10 to 20" */
  interval: (low: string, high: string) => string;
  other: string;
}

const DAY = 86_400_000;

/** A time as the table shows it: without its time of day at midnight. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '';
  const text = date.toISOString().replace('T', ' ').replace(/(?:\.000)?Z$/, '');
  return ms % DAY === 0 ? text.slice(0, 10) : text;
}

export function groupText(group: Group, axis: AxisKind, words: NumberWords): string {
  if (typeof group === 'string') return group;
  const say = (value: number) => (axis === 'time' ? timeText(value) : words.number(value));
  return Array.isArray(group) ? words.interval(say(group[0]), say(group[1])) : say(group);
}

interface Names {
  x: string;
  series: string;
  value: string;
  count: string;
  parts: string[];
}

/** The numbers as a table: for screen readers and for the CSV file. */
export function numbersTable(numbers: Numbers, names: Names, words: NumberWords): ChartTable {
  const { axis, interval } = numbers;
  const text = (group: Group) => (typeof group === 'number' && axis === 'number' ? group : groupText(group, axis, words));
  if (numbers.bins.length > 0) {
    return {
      columns: [`${names.x} ≥`, `${names.x} <`, names.count],
      rows: numbers.bins.map(([low, high, count]) => [text(low), text(high), count]),
    };
  }
  if (numbers.boxes.length > 0) {
    return {
      columns: [names.x, ...names.parts, names.count],
      rows: numbers.boxes.map(({ name, group, values, count }) => [name ? `${name} · ${text(group)}` : text(group), ...values, count]),
    };
  }
  if (numbers.cells.length > 0) {
    return {
      columns: [names.x, names.series, names.value],
      rows: numbers.cells.map(([x, y, value]) => [
        text(numbers.categories[x] ?? ''),
        groupText(numbers.lines[y] ?? '', numbers.lineAxis, words),
        value,
      ]),
    };
  }
  const many = numbers.series.length > 1;
  const whole = (x: string | number) => (typeof x === 'number' && interval !== null ? groupText([x, x + interval], axis, words) : text(x));
  const rest: (string | number)[][] = numbers.other === null ? [] : [[words.other, numbers.other]];
  return {
    columns: many ? [names.x, names.series, names.value] : [names.x, names.value],
    rows: numbers.series
      .flatMap(({ name, points }) => points.map(([x, y]) => (many ? [whole(x), name, y ?? ''] : [whole(x), y ?? ''])))
      .concat(rest),
  };
}
