import { expect, test } from 'vitest';
import { readScript, writeScript } from './script';

function sources(text: string): unknown {
  const { cells } = readScript(text);
  return Array.isArray(cells) ? cells.map(({ cell_type: type, source, metadata: { tags } }) => [type, source, ...(tags ?? [])]) : null;
}

test('a script with markers becomes cells', () => {
  const text = [
    '# ---',
    '# jupyter:',
    '#   jupytext:',
    '#     format_name: percent',
    '# ---',
    '',
    'import os',
    '',
    '# %% [markdown]',
    '# # Title',
    '#',
    '# text',
    '',
    '# %% Load tags=["parameters"]',
    'depth = 3',
    '',
    '#%%',
    '# %matplotlib inline',
    '# !ls',
    'x = 1  # a comment',
    '# plain comment',
    '# %% [md]',
    '"""',
    'Quoted *text*',
    '"""',
  ].join('\r\n');
  expect(sources(text)).toEqual([
    ['code', 'import os'],
    ['markdown', '# Title\n\ntext'],
    ['code', 'depth = 3', 'parameters'],
    ['code', '%matplotlib inline\n!ls\nx = 1  # a comment\n# plain comment'],
    ['markdown', 'Quoted *text*'],
  ]);
});

test('a script without markers is one cell, an empty one too', () => {
  expect(sources('print(1)\nprint(2)\n')).toEqual([['code', 'print(1)\nprint(2)']]);
  expect(sources('')).toEqual([['code', '']]);
});

test('what is written is read again', () => {
  const cells = [
    { cell_type: 'markdown', source: '# Title\n\ntext', tags: [] },
    { cell_type: 'code', source: 'depth = 3', tags: ['parameters'] },
    { cell_type: 'code', source: '%matplotlib inline\n!ls\nif x:\n    y = 1\n\nz = 2', tags: [] },
    { cell_type: 'raw', source: 'raw', tags: [] },
  ];
  expect(sources(writeScript(cells))).toEqual(cells.map(({ cell_type: type, source, tags }) => [type, source, ...tags]));
});

test('cell magics are comments of the script and magics of the notebook', () => {
  const text = writeScript([{ cell_type: 'code', source: '%%sql\nSELECT 1\n\nFROM x', tags: [] }]);
  expect(text).toBe('# %%\n# %%sql\n# SELECT 1\n#\n# FROM x\n');
  expect(sources(text)).toEqual([['code', '%%sql\nSELECT 1\n\nFROM x']]);
});
