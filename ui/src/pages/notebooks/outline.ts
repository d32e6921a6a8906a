/** The notebook's contents: headings of its text cells, and its code cells under them. Pure. */
import type { CellState } from './runs';

export interface Entry {
  cell: number;
  level: number;
  text: string;
  code: boolean;
}

/** Marks of markdown taken off: what a reader sees. */
function plain(text: string): string {
  return text
    .replace(/\s#+\s*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`~]+/g, '')
    .trim();
}

function headings(source: string, cell: number): Entry[] {
  const found: Entry[] = [];
  let fenced = false;
  for (const line of source.split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const [, marks = '', words = ''] = /^ {0,3}(#{1,6})\s+(.*)$/.exec(line) ?? [];
    const text = plain(words);
    if (!fenced && text) found.push({ cell, level: marks.length, text, code: false });
  }
  return found;
}

/** A code cell stands under the heading above it, with its first line. */
export function outline(cells: readonly { type: string; source: string }[]): Entry[] {
  const found: Entry[] = [];
  let level = 0;
  cells.forEach(({ type, source }, cell) => {
    if (type === 'markdown') {
      const own = headings(source, cell);
      level = own.at(-1)?.level ?? level;
      found.push(...own);
    } else if (type === 'code') {
      const text = source.split('\n').find((line) => line.trim())?.trim();
      if (text) found.push({ cell, level: level + 1, text: text.slice(0, 200), code: true });
    }
  });
  return found;
}

/** What the contents mark: a cell that runs or waits, and one that did not end well. */
export function isMarked(state: CellState): boolean {
  return state !== 'ok' && state !== 'cancelled';
}
