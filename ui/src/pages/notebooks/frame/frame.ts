/** A table of data as `display(df)` sends it: checked, sorted, filtered, copied. Pure. */

export interface Column {
  name: string;
  type: string;
}

export interface Frame {
  columns: Column[];
  rows: unknown[][];
  /** Rows the data has; null where nobody counted. */
  total: number | null;
  /** Whether `total` is exact, not "at least". */
  exact: boolean;
  source: string;
  index: unknown[] | null;
  /** By which the kernel knows the frame; null where it does not. */
  key: string | null;
}

export interface Sort {
  column: number;
  down: boolean;
}

function field(value: object, key: string): unknown {
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

function readColumn(value: unknown): Column | null {
  if (typeof value !== 'object' || value === null) return null;
  const name = field(value, 'name');
  const type = field(value, 'type');
  return { name: String(name ?? ''), type: typeof type === 'string' ? type : 'string' };
}

/** From an output that anything may have written: null where it is no table. */
export function readFrame(value: unknown): Frame | null {
  if (typeof value !== 'object' || value === null) return null;
  const columns = field(value, 'columns');
  const rows = field(value, 'rows');
  if (!Array.isArray(columns) || !Array.isArray(rows)) return null;
  const read = columns.map(readColumn);
  const sound = read.filter((column) => column !== null);
  if (sound.length !== read.length || !rows.every((row) => Array.isArray(row))) return null;
  const total = field(value, 'total');
  const index = field(value, 'index');
  const key = field(value, 'key');
  return {
    columns: sound,
    rows,
    total: typeof total === 'number' ? total : null,
    exact: field(value, 'total_exact') !== false,
    source: String(field(value, 'source') ?? ''),
    index: Array.isArray(index) ? index : null,
    key: typeof key === 'string' ? key : null,
  };
}

export type Kind = 'integer' | 'number' | 'boolean' | 'time' | 'nested' | 'binary' | 'text';

/** What a Spark or pandas type means for the eye. */
export function kindOf(type: string): Kind {
  const name = type.toLowerCase();
  if (/^(array|map|struct|list|dict|vector)/.test(name)) return 'nested';
  if (/^(u?int|bigint|smallint|tinyint|long|short|byte)/.test(name)) return 'integer';
  if (/^(float|double|decimal|real|number)/.test(name)) return 'number';
  if (/^bool/.test(name)) return 'boolean';
  if (/^(timestamp|date|time|interval|period)/.test(name)) return 'time';
  if (/^binary|^bytes/.test(name)) return 'binary';
  return 'text';
}

export function isNumeric(kind: Kind): boolean {
  return kind === 'integer' || kind === 'number';
}

/** A cell as text; null stays null, so that the page can show it as such. */
export function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** As the table shows it: a whole number among fractions keeps its point. */
export function shownText(value: unknown, kind: Kind): string | null {
  const text = cellText(value);
  return kind === 'number' && typeof value === 'number' && /^-?\d+$/.test(text ?? '') ? `${text}.0` : text;
}

/** What is read at a glance: fractions with six digits, large ones with two after the point. `shownText` is exact. */
export function roundedText(value: unknown, kind: Kind): string | null {
  const exact = shownText(value, kind);
  if (kind !== 'number' || typeof value !== 'number' || Number.isInteger(value)) return exact;
  const rounded = String(Number(Math.abs(value) >= 10_000 ? value.toFixed(2) : value.toPrecision(6)));
  return exact !== null && rounded.length < exact.length ? rounded : exact;
}

const BIG = /^-?\d+$/;

function compareNumbers(a: unknown, b: unknown): number {
  const [x, y] = [Number(a), Number(b)];
  const [nanX, nanY] = [Number.isNaN(x), Number.isNaN(y)];
  if (nanX || nanY) return Number(nanX) - Number(nanY);
  const big = typeof a === 'string' && typeof b === 'string' && BIG.test(a) && BIG.test(b);
  if (big) {
    const [p, q] = [BigInt(a), BigInt(b)];
    return p < q ? -1 : p > q ? 1 : 0;
  }
  return x - y;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** The rows' numbers (from 0) that match the filter, in the asked order; equal ones keep theirs, nulls come last. */
export function arrange(frame: Frame, filter: string, sort: Sort | null): number[] {
  const wanted = filter.trim().toLowerCase();
  const kinds = frame.columns.map(({ type }) => kindOf(type));
  const matches = (row: unknown[]) =>
    row.some((cell, i) => shownText(cell, kinds[i] ?? 'text')?.toLowerCase().includes(wanted));
  const shown = frame.rows.flatMap((row, i) => (!wanted || matches(row) ? [i] : []));
  if (!sort) return shown;
  const column = frame.columns[sort.column];
  const numeric = column !== undefined && isNumeric(kindOf(column.type));
  const at = (i: number) => frame.rows[i]?.[sort.column] ?? null;
  return shown.sort((i, j) => {
    const [a, b] = [at(i), at(j)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = numeric ? compareNumbers(a, b) : collator.compare(cellText(a) ?? '', cellText(b) ?? '');
    return sort.down ? -order : order;
  });
}

/** A click on a header: up, down, as it came. */
export function nextSort(sort: Sort | null, column: number): Sort | null {
  if (sort?.column !== column) return { column, down: false };
  return sort.down ? null : { column, down: true };
}

function quote(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shown rows as CSV, header first, lines ended as RFC 4180 wants. */
export function toCsv(frame: Frame, order: readonly number[]): string {
  const lines = [frame.columns.map((column) => column.name)];
  for (const i of order) lines.push((frame.rows[i] ?? []).map((cell) => cellText(cell) ?? ''));
  return lines.map((line) => line.map(quote).join(',')).join('\r\n') + '\r\n';
}

const LETTER = 7.4;

/** Widths in px that hold headers and the first rows; long text is cut and shown whole on click. */
export function columnWidths(frame: Pick<Frame, 'columns' | 'rows'>): number[] {
  const sample = frame.rows.slice(0, 100);
  return frame.columns.map((column, i) => {
    const longest = Math.max(0, ...sample.map((row) => textWidth(cellText(row[i]) ?? 'null')));
    return Math.round(Math.min(320, Math.max(64, textWidth(column.name) * (LETTER + 1.2) + 68, longest * LETTER + 22)));
  });
}

/** In letters; a Hangul or Han one takes two. */
function textWidth(text: string): number {
  const cut = text.slice(0, 60);
  return Array.from(cut).reduce((sum, letter) => sum + (/[\u1100-\uffdc]/.test(letter) ? 1.75 : 1), 0);
}
