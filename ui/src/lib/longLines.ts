/**
 * Very long lines in pieces, each of which is drawn in a span of its own.
 *
 * Browsers lay out one run of text in a time that grows with the square of its changes of font: a Korean line of 64,000
 * characters, whose spaces come from another font than its syllables, takes a minute in a narrow column. Pieces are laid
 * out apart from each other, and neither what is seen nor what is copied changes.
 */
const PIECE = 500;

/** Knows what is drawn as one: accents, syllables in parts, joined emoji. */
const drawn = new Intl.Segmenter();

/** Where to cut the line that ends at `end`, for the piece from `start`: after a space, or not inside of what is drawn as one. */
function endOf(text: string, start: number, end: number): number {
  const most = start + PIECE;
  if (most >= end) return end;
  const space = text.lastIndexOf(' ', most - 1);
  if (space >= start + PIECE / 2) return space + 1;
  const cut = drawn.segment(text.slice(start, most + 64)).containing(PIECE)?.index;
  return cut ? start + cut : most;
}

/** The pieces of a text, which joined are the text. A text without very long lines is one piece. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let kept = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found + 1;
    if (end - start > PIECE) {
      if (kept < start) pieces.push(text.slice(kept, start));
      for (let at = start; at < end; ) {
        const next = endOf(text, at, end);
        pieces.push(text.slice(at, next));
        at = next;
      }
      kept = end;
    }
    start = end;
  }
  if (kept < text.length || !pieces.length) pieces.push(text.slice(kept));
  return pieces;
}

/** What holds text alone: a span in it would be lost, or shown as code. */
const TEXT_ONLY = 'style, script, textarea, title, option, svg, math';

/** Put the very long lines below an element into spans. */
export function breakLongLines(root: Element): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const long: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text && node.data.length > PIECE && !node.parentElement?.closest(TEXT_ONLY)) long.push(node);
  }
  for (const node of long) {
    const pieces = piecesOf(node.data);
    if (pieces.length > 1) node.replaceWith(...pieces.map(spanOf));
  }
}

function spanOf(text: string): HTMLSpanElement {
  const span = document.createElement('span');
  span.textContent = text;
  return span;
}
