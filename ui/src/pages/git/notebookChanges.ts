/** The cells that differ between two texts of a notebook. Pure. */
import { diffNotebooks, type CellDiff } from '../notebooks/history';
import { asNotebook, type AnyNotebook } from '../notebooks/merge';

const NOTHING: AnyNotebook = { cells: [] };

function parsed(text: string | null): AnyNotebook | null {
  if (text === null) return NOTHING;
  try {
    return asNotebook(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Cells of a format without ids are told apart by their number. */
function withIds(notebook: AnyNotebook): AnyNotebook {
  return { ...notebook, cells: notebook.cells.map((cell, i) => (cell.id === undefined ? { ...cell, id: `#${i}` } : cell)) };
}

/** null if one of the texts is no notebook, so that they are compared by lines. */
export function notebookChanges(before: string | null, after: string | null): CellDiff[] | null {
  const [old, now] = [parsed(before), parsed(after)];
  return old && now ? diffNotebooks(withIds(old), withIds(now)) : null;
}
