/** Code that reads a table or a file of the workspace: what is copied from its page and inserted into cells. */

export interface TableName {
  schema: string;
  name: string;
  /** The folder, relative to the workspace. */
  path: string;
  format: string;
}

const DEFAULT_SCHEMA = 'dbo';
const ROOT = '/lakehouse/default';

/** A Python text, as JSON writes it: the two agree for what names hold. */
function text(value: string): string {
  return JSON.stringify(value);
}

function part(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** A table's name in SQL: without the default schema, and quoted where it must be. */
export function sqlName({ schema, name }: Pick<TableName, 'schema' | 'name'>): string {
  return schema === DEFAULT_SCHEMA ? part(name) : `${part(schema)}.${part(name)}`;
}

/** Spark in Python; of an older version if one is given. */
export function pythonOf(table: TableName, version: number | null = null): string {
  const frame =
    version === null
      ? `spark.read.table(${text(sqlName(table))})`
      : `spark.read.format("delta").option("versionAsOf", ${version}).load(${text(table.path)})`;
  return `df = ${frame}\ndisplay(df)`;
}

export function sqlOf(table: TableName, version: number | null = null): string {
  const at = version === null ? '' : ` VERSION AS OF ${version}`;
  return `SELECT * FROM ${sqlName(table)}${at} LIMIT 100`;
}

export function pandasOf(table: TableName, version: number | null = null): string {
  if (table.format === 'view') return `df = spark.read.table(${text(sqlName(table))}).toPandas()`;
  const place = text(`${ROOT}/${table.path}`);
  if (table.format !== 'delta') return `import pandas as pd\n\ndf = pd.read_parquet(${place})`;
  const at = version === null ? '' : `, version=${version}`;
  return `from deltalake import DeltaTable\n\ndf = DeltaTable(${place}${at}).to_pandas()`;
}

const READERS: Record<string, string> = {
  csv: 'read_csv(PATH)',
  tsv: 'read_csv(PATH, sep="\\t")',
  parquet: 'read_parquet(PATH)',
  json: 'read_json(PATH)',
  jsonl: 'read_json(PATH, lines=True)',
  ndjson: 'read_json(PATH, lines=True)',
  xlsx: 'read_excel(PATH)',
};

/** Code that reads a file, by its ending. `path` is relative to the workspace, such as `Files/a.csv`. */
export function codeOfFile(path: string): string {
  const place = text(`${ROOT}/${path}`);
  const lower = path.toLowerCase();
  const reader = READERS[lower.split('.').pop() ?? ''];
  if (reader) return `import pandas as pd\n\ndf = pd.${reader.replace('PATH', place)}\ndisplay(df)`;
  if (/\.(png|jpe?g|gif|webp)$/.test(lower)) return `from IPython.display import Image\n\nImage(${place})`;
  if (/\.(txt|md|log|yaml|yml|toml|ini|cfg|xml|html|py|sql)$/.test(lower)) {
    return `with open(${place}, encoding="utf-8") as file:\n    text = file.read()\nprint(text[:1000])`;
  }
  return `path = ${place}`;
}

/** Code that lists a folder. */
export function codeOfFolder(path: string): string {
  return `import os\n\nos.listdir(${text(`${ROOT}/${path}`)})`;
}

/** The text of a cell with `code` after the line on which it is dropped; in place of an empty line. */
export function withCode(source: string, line: number, code: string): string {
  const lines = source.split('\n');
  const at = Math.max(0, Math.min(line, lines.length - 1));
  lines.splice(at, 1, ...(lines[at]?.trim() ? [lines[at], code] : [code]));
  return lines.join('\n');
}
