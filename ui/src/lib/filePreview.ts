/** What kind of preview a file gets, by its name, and how much of it is read for that. */

export type PreviewKind = 'text' | 'json' | 'image' | 'table' | 'markdown' | 'html' | 'audio' | 'video' | 'parquet' | 'notebook' | 'pdf' | 'none';

const KINDS: [PreviewKind, string[]][] = [
  ['json', ['json', 'geojson']],
  ['image', ['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'svg', 'avif', 'ico']],
  ['table', ['csv', 'tsv']],
  ['markdown', ['md', 'markdown']],
  ['html', ['html', 'htm']],
  ['audio', ['mp3', 'wav', 'ogg', 'oga', 'flac', 'm4a']],
  ['video', ['mp4', 'webm', 'ogv', 'mov']],
  ['parquet', ['parquet', 'pq']],
  ['notebook', ['ipynb']],
  ['pdf', ['pdf']],
  ['text', ['txt', 'log', 'yaml', 'yml', 'toml', 'ini', 'cfg', 'conf', 'py', 'r', 'sql', 'sh', 'js', 'ts', 'css', 'xml', 'jsonl', 'ndjson', 'env', 'scala', 'java', 'c', 'cpp', 'rs', 'go']],
];
const NAMES = ['mlmodel', 'dockerfile', 'makefile', 'license', 'readme'];

/** Maximum bytes that a preview reads; of a larger file it shows the beginning, and a larger picture when asked. */
export const previewLimits: Record<PreviewKind, number> = {
  text: 256_000,
  json: 2_000_000,
  image: 50_000_000,
  table: 1_000_000,
  markdown: 1_000_000,
  html: Infinity,
  audio: Infinity,
  video: Infinity,
  parquet: Infinity,
  notebook: 16_000_000,
  pdf: Infinity,
  none: 0,
};

export function previewKind(name: string): PreviewKind {
  const lower = name.toLowerCase();
  if (NAMES.includes(lower)) return 'text';
  const end = lower.includes('.') ? (lower.split('.').pop() ?? '') : '';
  return KINDS.find(([, ends]) => ends.includes(end))?.[0] ?? 'none';
}

/** Rows of a CSV or TSV file: quotes, doubled quotes and line breaks inside quotes are read as Excel writes them. */
export function parseTable(text: string, separator: string, most = 1000): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = '';
  };
  const endRow = () => {
    endCell();
    rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const letter = text[at] ?? '';
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[++at] ?? '';
      else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === separator) endCell();
    else if (letter === '\n') endRow();
    else if (letter !== '\r') cell += letter;
  }
  if ((cell || row.length) && rows.length < most) endRow();
  return rows;
}

/** Parse a table in the "split" format of `mlflow.log_table` and pandas; null for other JSON. An index that is more than a count is its first column. */
export function readSplitTable(value: unknown): { columns: string[]; rows: string[][] } | null {
  if (typeof value !== 'object' || value === null || !('columns' in value) || !('data' in value)) return null;
  const { columns, data } = value;
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row))) return null;
  const say = (cell: unknown) => (typeof cell === 'string' ? cell : JSON.stringify(cell));
  const table = { columns: columns.map(say), rows: data.map((row: unknown[]) => row.map(say)) };
  const index: unknown = 'index' in value ? value.index : null;
  if (!Array.isArray(index) || index.length !== data.length || index.every((name, at) => name === at)) return table;
  return { columns: ['', ...table.columns], rows: table.rows.map((row, at) => [say(index[at]), ...row]) };
}
