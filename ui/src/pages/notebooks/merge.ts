/**
 * Merges two versions of a notebook that both came from a third, cell by cell. Pure. Outputs and what running leaves in
 * a cell's metadata never conflict: the server writes them too, and running again brings them back.
 */
import { JSONExt, type ReadonlyPartialJSONValue } from '@lumino/coreutils';

export interface AnyCell {
  id?: unknown;
  [key: string]: unknown;
}

export interface AnyNotebook {
  cells: AnyCell[];
  [key: string]: unknown;
}

const RUN_KEYS = ['outputs', 'execution_count'];
const RUN_METADATA = ['execution', 'handloom', 'trusted', 'collapsed', 'scrolled', 'jp-MarkdownHeadingCollapsed'];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asNotebook(content: unknown): AnyNotebook | null {
  if (!isRecord(content) || !Array.isArray(content.cells)) return null;
  const cells: unknown[] = content.cells;
  return { ...content, cells: cells.filter(isRecord) };
}

function plain(value: unknown): ReadonlyPartialJSONValue {
  return JSON.parse(JSON.stringify(value ?? null));
}

export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSONExt.deepEqual(plain(a), plain(b));
}

/** A cell without what running it changes. */
function written(cell: AnyCell): Record<string, unknown> {
  const rest = Object.fromEntries(Object.entries(cell).filter(([key]) => !RUN_KEYS.includes(key)));
  const metadata = isRecord(cell.metadata) ? cell.metadata : {};
  const source = Array.isArray(cell.source) ? cell.source.join('') : cell.source;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !RUN_METADATA.includes(key)));
  return { ...rest, source, metadata: kept };
}

function sameText(a: AnyCell, b: AnyCell): boolean {
  return sameJson(written(a), written(b));
}

/** `text` with the outputs of `run`. */
function withRun(text: AnyCell, run: AnyCell): AnyCell {
  if (text.cell_type !== 'code' || run.cell_type !== 'code') return text;
  const metadata: Record<string, unknown> = { ...written(text).metadata ?? {} };
  for (const key of RUN_METADATA) if (isRecord(run.metadata) && key in run.metadata) metadata[key] = run.metadata[key];
  return { ...text, metadata, outputs: run.outputs, execution_count: run.execution_count };
}

const byId = (notebook: AnyNotebook) => new Map(notebook.cells.map((cell) => [cell.id, cell]));

/** The merged cell; null where both sides wrote different text. */
function mergeCell(base: AnyCell | undefined, mine: AnyCell, theirs: AnyCell): AnyCell | null {
  const mineAsBase = base !== undefined && sameText(mine, base);
  if (!mineAsBase && !sameText(mine, theirs) && !(base !== undefined && sameText(theirs, base))) return null;
  const text = mineAsBase ? theirs : mine;
  const ranHere = base === undefined || !sameJson(mine.outputs, base.outputs);
  return withRun(text, ranHere ? mine : theirs);
}

/** The cells' order: theirs, with the cells that only this side has put after the one they follow here. */
function mergedOrder(base: AnyNotebook, mine: AnyNotebook, theirs: AnyNotebook): unknown[] {
  const ids = (notebook: AnyNotebook) => notebook.cells.map((cell) => cell.id);
  if (sameJson(ids(theirs), ids(base))) return ids(mine);
  const order = ids(theirs);
  const had = new Set(ids(base));
  ids(mine).forEach((id, i, all) => {
    if (had.has(id) || order.includes(id)) return;
    const after = all.slice(0, i).reverse().find((before) => order.includes(before));
    order.splice(after === undefined ? 0 : order.indexOf(after) + 1, 0, id);
  });
  return order;
}

/** The merged notebook; null where a person has to decide. */
export function mergeNotebooks(base: unknown, mine: unknown, theirs: unknown): AnyNotebook | null {
  const [was, here, there] = [asNotebook(base), asNotebook(mine), asNotebook(theirs)];
  if (!was || !here || !there) return null;
  if ([...here.cells, ...there.cells].some((cell) => typeof cell.id !== 'string')) return null;
  const [before, ours, others] = [byId(was), byId(here), byId(there)];
  const cells: AnyCell[] = [];
  const order = mergedOrder(was, here, there);
  // a cell that one side deleted and the other one changed stays
  for (const [id, cell] of [...ours, ...others]) {
    const old = before.get(id);
    if (order.includes(id) || (old && sameText(cell, old))) continue;
    order.push(id);
  }
  for (const id of order) {
    const [old, my, their] = [before.get(id), ours.get(id), others.get(id)];
    if (my && their) {
      const merged = mergeCell(old, my, their);
      if (!merged) return null;
      cells.push(merged);
    } else {
      const only = my ?? their;
      if (only && !(old && sameText(only, old))) cells.push(only); // else the other side deleted it
    }
  }
  const meta = sameJson(here.metadata, was.metadata) ? there.metadata : here.metadata;
  return { ...here, metadata: meta, cells };
}

/** Whether two versions differ in nothing but outputs. */
export function differInOutputsOnly(a: unknown, b: unknown): boolean {
  const [one, two] = [asNotebook(a), asNotebook(b)];
  return !!one && !!two && one.cells.length === two.cells.length && one.cells.every((cell, i) => sameText(cell, two.cells[i] ?? {}));
}

/** The notebook in which cells that are the same in the file are only named. */
export function changesSince(saved: unknown, content: unknown): unknown {
  const [before, now] = [asNotebook(saved), asNotebook(content)];
  if (!before || !now) return content;
  const known = byId(before);
  return {
    ...now,
    cells: now.cells.map((cell) => {
      const old = typeof cell.id === 'string' ? known.get(cell.id) : undefined;
      return old && sameJson(old, cell) ? { id: cell.id, unchanged: true } : cell;
    }),
  };
}
