/** Files of several runs by path: which runs have each, pictures by step, and tables with their rows matched. Pure. */

export interface RunFile {
  path: string;
  name: string;
  is_dir: boolean;
  size: number | null;
  model: boolean;
}

export interface SharedFile extends RunFile {
  /** Of how many runs. */
  runs: number;
  /** Of pictures that were logged step by step under one name: at how many steps; 0 for other files. */
  steps: number;
}

/** What `mlflow.log_image` names a picture, in either of its two ways. */
const STEP_IMAGE = /^images\/(.+)([+%])step\2(-?\d+)\2timestamp\2(\d+)\2[\w-]+?(\2compressed)?\.(?:png|webp)$/;
const SERIES = /^images\/(.+)\+step\+\*$/;

/** The path that stands for all pictures of one name. */
function seriesOf(key: string): string {
  return `images/${key}+step+*`;
}

/** The key of a path from `seriesOf`; null for the path of a file. */
export function seriesKey(path: string): string | null {
  return SERIES.exec(path)?.[1] ?? null;
}

/** A key as it was logged: MLflow writes its slashes as `~`, older ones as `#`. */
export function imageName(key: string): string {
  return key.replaceAll(/[~#]/g, '/');
}

/** What stands in one folder of each run, folders first. A file with the name of another run's folder stays apart from it. */
export function mergeFiles(lists: readonly (readonly RunFile[])[]): SharedFile[] {
  const found = new Map<string, Omit<SharedFile, 'steps'> & { last: number; steps: Set<string> }>();
  lists.forEach((list, at) => {
    for (const file of list) {
      const [, key, , step = ''] = (file.is_dir ? null : STEP_IMAGE.exec(file.path)) ?? [];
      const one = key === undefined ? file : { path: seriesOf(key), name: imageName(key), is_dir: false, size: null, model: false };
      const id = `${one.is_dir ? 'folder' : 'file'} ${one.path}`;
      const known = found.get(id) ?? { ...one, runs: 0, steps: new Set<string>(), last: -1 };
      if (known.last !== at) known.runs += 1;
      known.last = at;
      known.model ||= one.model;
      if (key !== undefined) known.steps.add(step);
      found.set(id, known);
    }
  });
  return [...found.values()]
    .map(({ last: _, steps, ...file }): SharedFile => ({ ...file, steps: steps.size, path: file.is_dir && found.has(`file ${file.path}`) ? `${file.path}/` : file.path }))
    .sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || (a.name < b.name ? -1 : 1));
}

export interface StepImage {
  step: number;
  /** The smallest version of the picture, for showing many. */
  path: string;
  /** As it was logged. */
  full: string;
}

/** The pictures of one key by step; of several at a step, the newest. */
export function stepImages(files: readonly RunFile[], key: string): StepImage[] {
  const found = new Map<number, StepImage & { at: number }>();
  for (const { path } of files) {
    const [, named, , step, timestamp, compressed] = STEP_IMAGE.exec(path) ?? [];
    if (named !== key) continue;
    const [number, at] = [Number(step), Number(timestamp)];
    const known = found.get(number);
    if (known && known.at > at) continue;
    const base = known?.at === at ? known : { step: number, at, path, full: path };
    found.set(number, compressed ? { ...base, path } : { ...base, full: path });
  }
  return [...found.values()].map(({ at: _, ...image }) => image).sort((a, b) => a.step - b.step);
}

/** All steps of several runs, rising. */
export function stepsOf(series: readonly (readonly StepImage[])[]): number[] {
  return [...new Set(series.flatMap((images) => images.map((image) => image.step)))].sort((a, b) => a - b);
}

/** The picture of this step, or the last one before it: runs may log at different steps. */
export function imageAt(images: readonly StepImage[], step: number): StepImage | null {
  return images.findLast((image) => image.step <= step) ?? null;
}

export interface RunTable {
  columns: string[];
  rows: string[][];
}

export interface AlignedTables {
  /** Names of all columns, in the order in which the tables have them. */
  columns: string[];
  /** Of each line, the index of the row in each table; null where a table has none. */
  lines: (number | null)[][];
  cell: (line: number, column: string, table: number) => string | null;
}

/** Column names with a number where one comes up again, so that none stands for two. */
export function uniqueNames(columns: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return columns.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times > 1 ? `${name} (${times})` : name;
  });
}

/** Match the rows of several tables: by their number, or by the value of the column `by`, the first with the first of each value. */
export function alignTables(tables: readonly RunTable[], by: string | null): AlignedTables {
  const names = tables.map(({ columns }) => uniqueNames(columns));
  const places = names.map((own) => new Map(own.map((name, at) => [name, at])));
  const lines: (number | null)[][] = [];
  const lineOf = new Map<string, number>();
  tables.forEach(({ rows }, table) => {
    const place = by === null ? undefined : places[table]?.get(by);
    const seen = new Map<string, number>();
    rows.forEach((row, at) => {
      // Without the column, a table's rows match none.
      const value = by === null ? String(at) : place === undefined ? `${table} ${at}` : `= ${row[place] ?? ''}`;
      const times = seen.get(value) ?? 0;
      seen.set(value, times + 1);
      const key = `${times} ${value}`;
      const line = lineOf.get(key) ?? lines.push(tables.map(() => null)) - 1;
      lineOf.set(key, line);
      const cells = lines[line];
      if (cells) cells[table] = at;
    });
  });
  const cell = (line: number, column: string, table: number): string | null => {
    const [row, place] = [lines[line]?.[table], places[table]?.get(column)];
    if (row === null || row === undefined || place === undefined) return null;
    return tables[table]?.rows[row]?.[place] ?? '';
  };
  return { columns: [...new Set(names.flat())], lines, cell };
}

/** The lines in which a table has another value than the first one. */
export function differingLines({ columns, lines, cell }: AlignedTables): number[] {
  return lines.flatMap((tables, line) => (tables.some((_, table) => columns.some((column) => cell(line, column, table) !== cell(line, column, 0))) ? [line] : []));
}

export interface ChangedPackage {
  name: string;
  before: string | null;
  after: string | null;
}

/** Packages (`name==version`) whose versions differ. */
export function changedPackages(before: readonly string[], after: readonly string[]): ChangedPackage[] {
  const read = (packages: readonly string[]) =>
    new Map(
      packages.map((text): [string, string] => {
        const at = text.indexOf('==');
        return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)];
      }),
    );
  const [old, now] = [read(before), read(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .sort()
    .map((name) => ({ name, before: old.get(name) ?? null, after: now.get(name) ?? null }));
}
