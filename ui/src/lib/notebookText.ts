/** Read the cells of a Jupyter notebook, each with what can be shown of its outputs without running anything. */

export interface NotebookOutput {
  kind: 'text' | 'error' | 'markdown' | 'image';
  /** The text, or the address of an image. */
  text: string;
}

export interface NotebookCell {
  kind: 'code' | 'markdown' | 'raw';
  source: string;
  /** The number beside a cell that was run. */
  count: number | null;
  outputs: NotebookOutput[];
}

// eslint-disable-next-line no-control-regex -- terminals mark colours with it
const COLOURS = /\u001b\[[0-9;]*m/g;
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** nbformat writes texts as one string or as a list of lines. */
function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
}

function outputOf(output: unknown): NotebookOutput[] {
  if (!isFields(output)) return [];
  if (output.output_type === 'stream') return [{ kind: 'text', text: joined(output.text).replace(COLOURS, '') }];
  if (output.output_type === 'error') {
    const lines = Array.isArray(output.traceback) ? output.traceback.filter((line) => typeof line === 'string') : [];
    return [{ kind: 'error', text: (lines.join('\n') || `${joined(output.ename)}: ${joined(output.evalue)}`).replace(COLOURS, '') }];
  }
  const data = isFields(output.data) ? output.data : {};
  const image = IMAGES.find((type) => joined(data[type]));
  if (image) return [{ kind: 'image', text: `data:${image};base64,${joined(data[image]).replace(/\s/g, '')}` }];
  if (joined(data['text/markdown'])) return [{ kind: 'markdown', text: joined(data['text/markdown']) }];
  const text = joined(data['text/plain']);
  return text ? [{ kind: 'text', text: text.replace(COLOURS, '') }] : [];
}

/** null: this is no notebook of format 4. */
export function readNotebook(text: string): NotebookCell[] | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(document) || !Array.isArray(document.cells)) return null;
  return document.cells.filter(isFields).map((cell): NotebookCell => ({
    kind: cell.cell_type === 'markdown' ? 'markdown' : cell.cell_type === 'code' ? 'code' : 'raw',
    source: joined(cell.source),
    count: typeof cell.execution_count === 'number' ? cell.execution_count : null,
    outputs: Array.isArray(cell.outputs) ? cell.outputs.flatMap(outputOf) : [],
  }));
}
