/** Square tables of numbers, such as confusion matrices and correlations, in the forms in which people log them. Pure. */

export interface Matrix {
  rows: string[];
  columns: string[];
  /** `values[row][column]`. */
  values: number[][];
  /** How much of the colour each cell takes, from 0 to 1: its part of its row where all cells are counts, else its place between the least and the most. */
  shares: number[][];
  /** Whether all cells are counts, so that their part of the row can be told. */
  counts: boolean;
}

/** More than this is no longer readable, and a table. */
const MOST = 60;

function numberOf(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  return typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : NaN;
}

function partsOfRow(row: number[]): number[] {
  const total = row.reduce((sum, value) => sum + value, 0);
  return row.map((value) => (total ? value / total : 0));
}

function placesBetween(values: number[][]): number[][] {
  const least = Math.min(...values.flat());
  const range = Math.max(...values.flat()) - least;
  return values.map((row) => row.map((value) => (range ? (value - least) / range : 0)));
}

function build(rows: string[], columns: string[], cells: unknown[]): Matrix | null {
  const size = columns.length;
  if (size < 2 || size > MOST || rows.length !== size || cells.length !== size) return null;
  const values = cells.map((row) => (Array.isArray(row) ? row.map(numberOf) : []));
  if (!values.every((row) => row.length === size && row.every(Number.isFinite))) return null;
  const counts = values.flat().every((value) => Number.isInteger(value) && value >= 0);
  return { rows, columns, values, counts, shares: counts ? values.map(partsOfRow) : placesBetween(values) };
}

/** A table whose columns are the classes, with or without a first column that names the rows; null for any other table. */
export function matrixOfTable(columns: string[], rows: string[][]): Matrix | null {
  if (rows.length > MOST) return null;
  const names = rows.map((row) => row[0] ?? '');
  const [, ...classes] = columns;
  const named = classes.length === rows.length && names.every((name, at) => name === classes[at]);
  if (named) return build(names, classes, rows.map((row) => row.slice(1)));
  const numbered = columns.every((name, at) => name === String(at));
  return numbered ? build(columns, columns, rows) : null;
}

const VALUES = ['matrix', 'confusion_matrix', 'values', 'data'];
const LABELS = ['labels', 'classes', 'class_names'];

function listUnder(fields: Map<string, unknown>, names: string[]): unknown[] | null {
  const found = names.map((name) => fields.get(name)).find(Array.isArray);
  return Array.isArray(found) ? found : null;
}

/** A nested array, or an object with one under a usual name and the names of the classes beside it; null for other JSON. */
export function matrixOfJson(value: unknown): Matrix | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map(Object.entries(value));
  const cells: unknown[] | null = Array.isArray(value) ? value : listUnder(fields, VALUES);
  if (!cells || fields.has('columns')) return null;
  const labels = Array.isArray(value) ? null : listUnder(fields, LABELS);
  const names = labels ? labels.map(String) : cells.map((_, at) => String(at));
  return build(names, names, cells);
}
