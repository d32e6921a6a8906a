/** What kind of preview a file gets, by its name, and how large it may be for that. */

export type PreviewKind = 'text' | 'json' | 'image' | 'table' | 'markdown' | 'html' | 'none';

const KINDS: [PreviewKind, string[]][] = [
  ['json', ['json', 'geojson']],
  ['image', ['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'svg', 'avif', 'ico']],
  ['table', ['csv', 'tsv']],
  ['markdown', ['md', 'markdown']],
  ['html', ['html', 'htm']],
  ['text', ['txt', 'log', 'yaml', 'yml', 'toml', 'ini', 'cfg', 'conf', 'py', 'r', 'sql', 'sh', 'js', 'ts', 'css', 'xml', 'jsonl', 'ndjson', 'env', 'scala', 'java', 'c', 'cpp', 'rs', 'go', 'ipynb']],
];
const NAMES = ['mlmodel', 'dockerfile', 'makefile', 'license', 'readme'];

export const previewLimits: Record<PreviewKind, number> = {
  text: 1_000_000,
  json: 2_000_000,
  image: 20_000_000,
  table: 5_000_000,
  markdown: 1_000_000,
  html: 10_000_000,
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
