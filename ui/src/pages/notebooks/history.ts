/** The difference between two versions of a notebook, cell by cell, and a version with outputs that still fit. Pure. */
import type { TFunction } from 'i18next';
import { sameJson, type AnyCell, type AnyNotebook } from './merge';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

export interface CellDiff {
  kind: 'changed' | 'added' | 'removed' | 'moved' | 'retyped';
  /** Number of the cell from 1, in the newer version or, where it was removed, in the older one. */
  number: number;
  type: string;
  lines: DiffLine[];
}

/** Pairs of lines that are compared at most in one cell. */
const MOST_PAIRS = 4_000_000;
/** Unchanged lines around a change that are shown. */
const CONTEXT = 3;

/** A version's name; those that the server gives to versions of its own are translated. */
export function versionName(name: string, t: TFunction<'notebooks'>): string {
  const commit = /^Before git pull ([0-9a-f]{7})$/.exec(name)?.[1];
  return commit === undefined ? name : t('history.beforePull', { commit });
}

export function sourceOf(cell: AnyCell): string {
  return Array.isArray(cell.source) ? cell.source.join('') : String(cell.source ?? '');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function whole(kind: DiffLine['kind'], text: string): DiffLine[] {
  return linesOf(text).map((line) => ({ kind, text: line }));
}

/** The longest common subsequence of lines from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const [here, below] = [table[i], table[i + 1]];
      if (!here || !below) continue;
      here[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, here[j + 1] ?? 0);
    }
  }
  return table;
}

/** The lines of two texts. What both begin and end with is not compared, so that a change in a long file is found. */
export function diffTexts(textBefore: string, textAfter: string): DiffLine[] {
  const [before, after] = [linesOf(textBefore), linesOf(textAfter)];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (lines: string[]) => lines.map((text): DiffLine => ({ kind: 'same', text }));
  const changed = diffLines(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...same(before.slice(0, start)), ...changed, ...same(before.slice(before.length - end))];
}

function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  if (before.length * after.length > MOST_PAIRS) {
    return [...before.map((text): DiffLine => ({ kind: 'removed', text })), ...after.map((text): DiffLine => ({ kind: 'added', text }))];
  }
  const common = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ kind: 'same', text: old });
      i += 1;
      j += 1;
    } else if (old !== undefined && (now === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      lines.push({ kind: 'removed', text: old });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: now ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** The lines that changed and a few around them; null stands for those left out. */
export function folded(lines: readonly DiffLine[]): (DiffLine | null)[] {
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ kind }) => kind !== 'same'));
  return lines.flatMap((line, i): (DiffLine | null)[] => {
    if (near[i]) return [line];
    return i > 0 && !near[i - 1] ? [] : [null];
  });
}

/** The cells that both have and that keep their order; the others have moved. */
function inOrder(before: readonly unknown[], after: readonly unknown[]): Set<unknown> {
  const places = new Map(before.map((id, i) => [id, i]));
  const shared = after.filter((id) => places.has(id));
  const best: { length: number; previous: number }[] = [];
  shared.forEach((id, i) => {
    let found = { length: 1, previous: -1 };
    for (let j = 0; j < i; j += 1) {
      const rises = (places.get(shared[j]) ?? 0) < (places.get(id) ?? 0);
      const length = (best[j]?.length ?? 0) + 1;
      if (rises && length > found.length) found = { length, previous: j };
    }
    best.push(found);
  });
  let at = best.findIndex(({ length }) => length === Math.max(...best.map((one) => one.length)));
  const kept = new Set<unknown>();
  while (at >= 0) {
    kept.add(shared[at]);
    at = best[at]?.previous ?? -1;
  }
  return kept;
}

/** What changed from `before` to `after`, in the order of `after`, with removed cells where they stood. */
export function diffNotebooks(before: AnyNotebook, after: AnyNotebook): CellDiff[] {
  const old = new Map(before.cells.map((cell) => [cell.id, cell]));
  const now = new Set(after.cells.map((cell) => cell.id));
  const kept = inOrder(before.cells.map((cell) => cell.id), after.cells.map((cell) => cell.id));
  const diffs: CellDiff[] = [];
  const removedAfter = new Map<unknown, [AnyCell, number][]>();
  let last: unknown = null;
  before.cells.forEach((cell, i) => {
    if (now.has(cell.id)) last = cell.id;
    else removedAfter.set(last, [...(removedAfter.get(last) ?? []), [cell, i + 1]]);
  });
  const takeRemoved = (id: unknown) => {
    for (const [cell, number] of removedAfter.get(id) ?? []) {
      diffs.push({ kind: 'removed', number, type: String(cell.cell_type), lines: whole('removed', sourceOf(cell)) });
    }
  };
  takeRemoved(null);
  after.cells.forEach((cell, i) => {
    const was = old.get(cell.id);
    const [number, type] = [i + 1, String(cell.cell_type)];
    if (!was) diffs.push({ kind: 'added', number, type, lines: whole('added', sourceOf(cell)) });
    else if (sourceOf(was) !== sourceOf(cell)) diffs.push({ kind: 'changed', number, type, lines: diffTexts(sourceOf(was), sourceOf(cell)) });
    else if (was.cell_type !== cell.cell_type) diffs.push({ kind: 'retyped', number, type, lines: [] });
    else if (!kept.has(cell.id)) diffs.push({ kind: 'moved', number, type, lines: whole('same', sourceOf(cell)).slice(0, CONTEXT) });
    takeRemoved(cell.id);
  });
  return diffs;
}

/** A version to go back to: cells whose text is the same now keep their outputs and what their run left. */
export function restored(version: AnyNotebook, now: AnyNotebook): AnyNotebook {
  const current = new Map(now.cells.map((cell) => [cell.id, cell]));
  return {
    ...version,
    cells: version.cells.map((cell) => {
      const same = current.get(cell.id);
      const fits = same && same.cell_type === 'code' && cell.cell_type === 'code' && sourceOf(same) === sourceOf(cell);
      if (!fits) return cell;
      const metadata = sameJson(same.metadata, cell.metadata) ? cell.metadata : { ...Object(same.metadata), ...Object(cell.metadata) };
      return { ...cell, metadata, outputs: same.outputs, execution_count: same.execution_count };
    }),
  };
}
