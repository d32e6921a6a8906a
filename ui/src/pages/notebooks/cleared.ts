/** Leaves status lines out of a notebook whose code has cleared them, as the server does. Pure. */
import { asNotebook } from './merge';

/** The data of an output that is not there any more. */
export const CLEARED = { 'text/plain': '' };

function isCleared(output: unknown): boolean {
  if (typeof output !== 'object' || output === null || !('output_type' in output) || !('data' in output)) return false;
  const { output_type: type, data } = output;
  if (type !== 'display_data' || typeof data !== 'object' || data === null) return false;
  return Object.keys(data).length === 1 && 'text/plain' in data && data['text/plain'] === '';
}

export function withoutCleared(content: unknown): unknown {
  const notebook = asNotebook(content);
  if (!notebook) return content;
  const cells = notebook.cells.map((cell) =>
    Array.isArray(cell.outputs) && cell.outputs.some(isCleared) ? { ...cell, outputs: cell.outputs.filter((one) => !isCleared(one)) } : cell,
  );
  return { ...notebook, cells };
}
