/** The blocks of a report: make, move and copy them, join the changes of two people, write them as Markdown. Pure. */
import type { ReportChart, ReportRuns, ReportTable, ReportText } from '../../api/schema';

export type Block = ReportText | ReportChart | ReportTable;

/** Limits of the server (domain/reports.py). */
export const MOST_BLOCKS = 200;
export const MOST_RUNS = 100;
export const MAX_TEXT = 50_000;

/** Letters and digits that no other block has. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function textBlock(text = ''): ReportText {
  return { kind: 'text', id: newId(), text };
}

/** The blocks with one more after the block `after`; at the end for an id that none has. */
export function insertAfter(blocks: Block[], after: string, block: Block): Block[] {
  const at = blocks.findIndex((one) => one.id === after);
  return at < 0 ? [...blocks, block] : [...blocks.slice(0, at + 1), block, ...blocks.slice(at + 1)];
}

export function replaceBlock(blocks: Block[], block: Block): Block[] {
  return blocks.map((one) => (one.id === block.id ? block : one));
}

/** Move a block by `by` places, as far as there are any. */
export function moveBlock(blocks: Block[], id: string, by: number): Block[] {
  const at = blocks.findIndex((one) => one.id === id);
  const block = blocks[at];
  if (!block) return blocks;
  const others = blocks.filter((one) => one !== block);
  others.splice(Math.min(others.length, Math.max(0, at + by)), 0, block);
  return others;
}

/** How many runs a block names, or at most shows. */
export function runsWanted({ search, picks }: ReportRuns): number {
  return search ? search.limit : picks.reduce((sum, one) => sum + one.runs.length, 0);
}

export interface Joined {
  blocks: Block[];
  /** Blocks that both have changed, differently; they are as `mine` has them. */
  clashes: string[];
}

function same(one: Block | undefined, other: Block | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function byId(blocks: Block[]): Map<string, Block> {
  return new Map(blocks.map((block) => [block.id, block]));
}

/** The ids of one list, with those that only the other list has after what stands before them there. */
function woven(first: string[], other: string[]): string[] {
  const ids = [...first];
  other.forEach((id, at) => {
    if (ids.includes(id)) return;
    const before = other.slice(0, at).findLast((one) => ids.includes(one));
    ids.splice(before === undefined ? 0 : ids.indexOf(before) + 1, 0, id);
  });
  return ids;
}

/** Join two changes of the same blocks. What one has removed and the other has changed stays. */
export function join(base: Block[], mine: Block[], theirs: Block[], both = false): Joined {
  const [was, my, their] = [byId(base), byId(mine), byId(theirs)];
  const common = base.map((one) => one.id).filter((id) => my.has(id));
  const moved = mine.filter((one) => was.has(one.id)).some((one, at) => one.id !== common[at]);
  const [myIds, theirIds] = [mine.map((one) => one.id), theirs.map((one) => one.id)];
  const clashes: string[] = [];
  const blocks = (moved ? woven(myIds, theirIds) : woven(theirIds, myIds)).flatMap((id): Block[] => {
    const [old, m, t] = [was.get(id), my.get(id), their.get(id)];
    if (m && t) {
      if (same(m, old)) return [t];
      if (same(t, old) || same(m, t)) return [m];
      clashes.push(id);
      return both ? [{ ...t, id: newId() }, m] : [m];
    }
    const [left] = [m, t].filter((one) => one !== undefined);
    return left && !same(left, old) ? [left] : [];
  });
  return { blocks, clashes };
}

/** What a chart or a table of the report holds, as it is in Markdown. */
export interface BlockFigures {
  title: string;
  columns: string[];
  rows: string[][];
  note: string;
}

function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}

function row(cells: string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** The report as Markdown: prose as it was typed, charts and tables as tables of their runs. */
export function markdownOf(name: string, link: string, blocks: Block[], figures: Map<string, BlockFigures>): string {
  const parts = blocks.map((block) => {
    if (block.kind === 'text') return block.text.trim();
    const shown = figures.get(block.id);
    if (!shown) return '';
    const table = shown.rows.length ? [row(shown.columns), row(shown.columns.map(() => '---')), ...shown.rows.map(row)].join('\n') : '';
    return [`**${cell(shown.title)}**`, shown.note, table].filter(Boolean).join('\n\n');
  });
  return `${[`# ${name}`, ...parts.filter(Boolean), `<${link}>`].join('\n\n')}\n`;
}
