/** Marks of a cell that change how it is edited and run. They are metadata that Jupyter and its tools know. Pure. */

export const cellMarks = ['locked', 'frozen', 'parameters'] as const;
export type CellMark = (typeof cellMarks)[number];

interface Metadata {
  getMetadata(key: string): unknown;
}

interface Writable extends Metadata {
  setMetadata(key: string, value: unknown): void;
  deleteMetadata(key: string): void;
}

const PARAMETERS = 'parameters';

function tagsOf(cell: Metadata): string[] {
  const tags = cell.getMetadata('tags');
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** Locked: not edited or deleted. Frozen: not run. Parameters: a run with parameters puts their values after it. */
export function isMarked(cell: Metadata, mark: CellMark): boolean {
  if (mark === 'locked') return cell.getMetadata('editable') === false;
  if (mark === 'frozen') return cell.getMetadata('frozen') === true;
  return tagsOf(cell).includes(PARAMETERS);
}

export function setMark(cell: Writable, mark: CellMark, on: boolean): void {
  if (mark === 'parameters') {
    const tags = tagsOf(cell).filter((tag) => tag !== PARAMETERS);
    const next = on ? [...tags, PARAMETERS] : tags;
    if (next.length > 0) cell.setMetadata('tags', next);
    else cell.deleteMetadata('tags');
    return;
  }
  const keys = mark === 'locked' ? ['editable', 'deletable'] : ['frozen'];
  for (const key of keys) {
    if (on) cell.setMetadata(key, mark === 'frozen');
    else cell.deleteMetadata(key);
  }
}
