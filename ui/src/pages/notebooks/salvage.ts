/** Recover the cells of a broken .ipynb file. Pure. */

export interface SalvagedCell {
  cell_type: 'code' | 'markdown' | 'raw';
  source: string;
}

const TYPE = /"cell_type"\s*:\s*"(code|markdown|raw)"/g;
const TEXT = /"((?:[^"\\\n]|\\.)*)"/y;

function unquote(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/** The texts from `at` on: one, or a list that may break off. */
function readSource(text: string, at: number): string {
  const list = text.slice(at).match(/^\s*\[/);
  let position = at + (list?.[0].length ?? 0);
  let source = '';
  for (;;) {
    const gap = /[\s,]*/y;
    gap.lastIndex = position;
    position += gap.exec(text)?.[0].length ?? 0;
    TEXT.lastIndex = position;
    const found = TEXT.exec(text);
    if (!found) return source;
    source += unquote(found[1] ?? '');
    position = TEXT.lastIndex;
    if (!list) return source;
  }
}

/** The cells whose text can be made out, in order; where there are none, the whole file as one raw cell. */
export function salvage(text: string): SalvagedCell[] {
  const starts = [...text.matchAll(TYPE)];
  const cells = starts.flatMap((match, i): SalvagedCell[] => {
    const end = starts[i + 1]?.index ?? text.length;
    const source = /"source"\s*:/.exec(text.slice(match.index, end));
    if (!source) return [];
    const cell_type = match[1] === 'code' || match[1] === 'markdown' ? match[1] : 'raw';
    const found = readSource(text.slice(0, end), match.index + source.index + source[0].length);
    return found ? [{ cell_type, source: found }] : [];
  });
  if (cells.length) return cells;
  return text.trim() ? [{ cell_type: 'raw', source: text }] : [];
}

/** As a document that the server makes a notebook of. */
export function toDocument(cells: readonly SalvagedCell[]): Record<string, unknown> {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map(({ cell_type, source }, i) => ({
      id: `restored-${i + 1}`,
      cell_type,
      source,
      metadata: {},
      ...(cell_type === 'code' ? { outputs: [], execution_count: null } : {}),
    })),
  };
}
