import { expect, test } from 'vitest';
import { insertAfter, join, markdownOf, moveBlock, type Block } from './blocks';

function text(id: string, words = id): Block {
  return { kind: 'text', id, text: words };
}

const [a, b, c] = [text('a'), text('b'), text('c')];
const words = (blocks: Block[]) => blocks.map((block) => (block.kind === 'text' ? block.text : block.id));

test('moves a block within the report and no further, and inserts one after another', () => {
  expect(words(moveBlock([a, b, c], 'a', 1))).toEqual(['b', 'a', 'c']);
  expect(words(moveBlock([a, b, c], 'a', -1))).toEqual(['a', 'b', 'c']);
  expect(words(moveBlock([a, b, c], 'c', 5))).toEqual(['a', 'b', 'c']);
  expect(words(moveBlock([a], 'gone', 1))).toEqual(['a']);
  expect(words(insertAfter([a, c], 'a', b))).toEqual(['a', 'b', 'c']);
  expect(words(insertAfter([a, c], 'gone', b))).toEqual(['a', 'c', 'b']);
});

test('joins what two people added, changed, removed and moved', () => {
  expect(words(join([a, b], [a, text('x'), b], [a, b, text('y')]).blocks)).toEqual(['a', 'x', 'b', 'y']);
  expect(words(join([a, b], [b], [a, text('b', 'B')]).blocks)).toEqual(['B']);
  expect(words(join([a, b], [b, a], [a, b, c]).blocks)).toEqual(['b', 'c', 'a']);
  expect(words(join([a, b, c], [a, b, c], [c, b, a]).blocks)).toEqual(['c', 'b', 'a']);
});

test('keeps a block that one has removed and the other has changed', () => {
  expect(words(join([a, b], [b], [text('a', 'A'), b]).blocks)).toEqual(['A', 'b']);
  expect(words(join([a, b], [text('a', 'A'), b], [b]).blocks)).toEqual(['A', 'b']);
  expect(words(join([a, b], [b], [b]).blocks)).toEqual(['b']);
});

test('tells a block that both have changed differently, and can keep both', () => {
  const [mine, theirs] = [text('a', 'mine'), text('a', 'theirs')];
  expect(join([a], [mine], [theirs])).toEqual({ blocks: [mine], clashes: ['a'] });
  expect(join([a], [mine], [mine]).clashes).toEqual([]);
  const { blocks } = join([a], [mine], [theirs], true);
  expect(words(blocks)).toEqual(['theirs', 'mine']);
  expect(new Set(blocks.map((one) => one.id)).size).toBe(2);
});

test('writes Markdown with the runs of charts and tables', () => {
  const table: Block = { kind: 'table', id: 't', title: '', columns: [], runs: { search: null, picks: [] } };
  const figures = new Map([['t', { title: 'Best | runs', note: 'Two runs', columns: ['Run', 'r2'], rows: [['ox|1', '0.5'], ['elk', '0.4']] }]]);
  const shown = markdownOf('Report', 'http://h/r', [text('a', 'Some *prose*.\n'), table, text('b', ' ')], figures);
  expect(shown).toBe(
    '# Report\n\nSome *prose*.\n\n**Best \\| runs**\n\nTwo runs\n\n| Run | r2 |\n| --- | --- |\n| ox\\|1 | 0.5 |\n| elk | 0.4 |\n\n<http://h/r>\n',
  );
});
