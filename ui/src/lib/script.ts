/**
 * Python scripts with cells in the percent format, as VS Code, Spyder and Jupytext read and write them: `# %%` begins a
 * cell, `# %% [markdown]` one of text. Pure.
 */

interface ScriptCell {
  type: 'code' | 'markdown' | 'raw';
  /** What stands behind the marker, such as the title or the tags. */
  tags: string[];
  lines: string[];
}

const MARKER = /^# ?%%(?=\s|\[|$)(.*)$/;
const KIND = /\[(markdown|md|raw)\]/i;
const TAGS = /tags\s*=\s*(\[[^\]]*\])/;
/** Line and cell magics stand behind a comment sign, so that the script is valid Python. */
const MAGIC = /^# ?(%%?[A-Za-z_].*|![^\s=].*)$/;

function tagsOf(text: string): string[] {
  try {
    const tags: unknown = JSON.parse(TAGS.exec(text)?.[1]?.replaceAll("'", '"') ?? '[]');
    return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}

/** The header that Jupytext writes: between two lines of `# ---`. */
function withoutHeader(lines: string[]): string[] {
  if (lines[0]?.trim() !== '# ---') return lines;
  const end = lines.findIndex((line, at) => at > 0 && line.trim() === '# ---');
  return end > 0 && lines.slice(1, end).every((line) => line.startsWith('#')) ? lines.slice(end + 1) : lines;
}

function splitCells(text: string): ScriptCell[] {
  const cells: ScriptCell[] = [{ type: 'code', tags: [], lines: [] }];
  for (const line of withoutHeader(text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/))) {
    const [, behind] = MARKER.exec(line) ?? [];
    if (behind === undefined) cells.at(-1)?.lines.push(line);
    else {
      const kind = KIND.exec(behind)?.[1]?.toLowerCase();
      cells.push({ type: kind === 'raw' ? 'raw' : kind ? 'markdown' : 'code', tags: tagsOf(behind), lines: [] });
    }
  }
  return cells;
}

function trimmed(lines: readonly string[]): string {
  return lines.join('\n').replace(/^(\s*\n)+/, '').trimEnd();
}

/** Text stands in comments, or in a string of three quotes. */
function plainText(lines: readonly string[]): string {
  const text = trimmed(lines);
  const [, quoted] = /^r?("""|''')([\s\S]*)\1$/.exec(text) ? [text, text.replace(/^r?(?:"""|''')\n?/, '').slice(0, -3)] : [];
  if (quoted !== undefined) return quoted.trimEnd();
  return trimmed(text.split('\n').map((line) => line.replace(/^# ?/, '')));
}

function codeOf(lines: readonly string[]): string {
  const first = lines.find((line) => line.trim());
  if (first && /^# ?%%[A-Za-z_]/.test(first) && lines.every((line) => !line.trim() || line.startsWith('#'))) {
    return trimmed(lines.map((line) => line.replace(/^# ?/, '')));
  }
  return trimmed(lines.map((line) => line.replace(MAGIC, '$1')));
}

function cellOf({ type, tags, lines }: ScriptCell): Record<string, unknown> {
  const source = type === 'code' ? codeOf(lines) : plainText(lines);
  const metadata = tags.length > 0 ? { tags } : {};
  return type === 'code'
    ? { cell_type: type, metadata, source, outputs: [], execution_count: null }
    : { cell_type: type, metadata, source };
}

/** The notebook that a script holds. A script without markers is one cell. */
export function readScript(text: string): Record<string, unknown> {
  const cells = splitCells(text).filter(({ lines }, at) => at > 0 || lines.some((line) => line.trim()));
  return {
    nbformat: 4,
    nbformat_minor: 4,
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    cells: (cells.length > 0 ? cells : splitCells('')).map(cellOf),
  };
}

export interface WrittenCell {
  cell_type: string;
  source: string;
  tags: readonly string[];
}

/** Whether a whole cell is no Python: a magic that takes the cell as its text. */
const CELL_MAGIC = /^\s*%%/;
const LINE_MAGIC = /^(%[A-Za-z_]|![^\s=])/;

function commented(source: string): string {
  return source
    .split('\n')
    .map((line) => (line ? `# ${line}` : '#'))
    .join('\n');
}

function writtenCode(source: string): string {
  if (CELL_MAGIC.test(source)) return commented(source);
  return source
    .split('\n')
    .map((line) => (LINE_MAGIC.test(line) ? `# ${line}` : line))
    .join('\n');
}

/** A notebook's cells as a script, without outputs. Magics become comments. */
export function writeScript(cells: readonly WrittenCell[]): string {
  return cells
    .map(({ cell_type: type, source, tags }) => {
      const kind = type === 'code' ? '' : type === 'raw' ? ' [raw]' : ' [markdown]';
      const marker = `# %%${kind}${tags.length > 0 ? ` tags=${JSON.stringify(tags)}` : ''}`;
      return `${marker}\n${type === 'code' ? writtenCode(source) : commented(source)}\n`;
    })
    .join('\n');
}
