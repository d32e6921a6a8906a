import { expect, test } from 'vitest';
import { isMoreThanLine, markdownLine } from './markdownLine';

test.each([
  ['Reads **digits** with *care*.\n\n- fast', 'Reads digits with care.'],
  ['## A [link](https://example.com) and `code`', 'A link and code'],
  ['a_snake_case and 2 * 3 * 4', 'a_snake_case and 2 * 3 * 4'],
  ['', ''],
])('%j is the line %j', (text, line) => {
  expect(markdownLine(text)).toBe(line);
});

test('a plain line has nothing more to show', () => {
  expect(isMoreThanLine(' Trees of March ')).toBe(false);
  expect(isMoreThanLine('Trees\nof March')).toBe(true);
  expect(isMoreThanLine('**Trees**')).toBe(true);
});
