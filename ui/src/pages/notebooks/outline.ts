/** The notebook's contents: headings of its text cells. Pure. */

export interface Heading {
  cell: number;
  level: number;
  text: string;
}

/** Marks of markdown taken off: what a reader sees. */
function plain(text: string): string {
  return text
    .replace(/\s#+\s*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`~]+/g, '')
    .trim();
}

export function outline(cells: readonly { type: string; source: string }[]): Heading[] {
  const found: Heading[] = [];
  cells.forEach(({ type, source }, cell) => {
    if (type !== 'markdown') return;
    let fenced = false;
    for (const line of source.split('\n')) {
      if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
      const [, marks = '', words = ''] = /^ {0,3}(#{1,6})\s+(.*)$/.exec(line) ?? [];
      const text = plain(words);
      if (!fenced && text) found.push({ cell, level: marks.length, text });
    }
  });
  return found;
}
