import { expect, test } from 'vitest';
import { isMarked, outline } from './outline';

test('headings of text cells are the contents, code cells stand under them; fenced lines are none', () => {
  const cells = [
    { type: 'code', source: '\n# a comment\nx = 1' },
    { type: 'markdown', source: '# One *more*\ntext\n```\n# not this\n```\n## [Two](x) ##' },
    { type: 'code', source: 'fit()' },
    { type: 'code', source: '  \n' },
    { type: 'markdown', source: 'only text' },
  ];
  expect(outline(cells)).toEqual([
    { cell: 0, level: 1, text: '# a comment', code: true },
    { cell: 1, level: 1, text: 'One more', code: false },
    { cell: 1, level: 2, text: 'Two', code: false },
    { cell: 2, level: 3, text: 'fit()', code: true },
  ]);
});

test('what runs, waits or failed is marked', () => {
  expect((['queued', 'running', 'error', 'lost'] as const).every(isMarked)).toBe(true);
  expect(isMarked('ok')).toBe(false);
});
