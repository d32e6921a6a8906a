import { expect, test } from 'vitest';
import { outline } from './outline';

test('headings of text cells are the contents; code and fenced lines are none', () => {
  const cells = [
    { type: 'code', source: '# a comment' },
    { type: 'markdown', source: '# One *more*\ntext\n```\n# not this\n```\n## [Two](x) ##' },
  ];
  expect(outline(cells)).toEqual([
    { cell: 1, level: 1, text: 'One more' },
    { cell: 1, level: 2, text: 'Two' },
  ]);
});
