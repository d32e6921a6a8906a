import { expect, test } from 'vitest';
import { salvage, toDocument } from './salvage';

const WHOLE = JSON.stringify({
  cells: [
    { cell_type: 'markdown', source: ['# 제목\n', 'text'] },
    { cell_type: 'code', outputs: [{ text: ['"source": "not me"'] }], source: 'print("a\\n")' },
  ],
});

test('cells before the place where a file breaks off are read, the last one as far as it goes', () => {
  const cut = WHOLE.slice(0, WHOLE.indexOf('"text"'));
  expect(salvage(cut)).toEqual([{ cell_type: 'markdown', source: '# 제목\n' }]);
});

test('a text that holds quotes and line ends comes back as it was', () => {
  expect(salvage(WHOLE)[0]).toEqual({ cell_type: 'markdown', source: '# 제목\ntext' });
});

test('a file without any cell becomes one raw cell; an empty one none', () => {
  expect(salvage('hello')).toEqual([{ cell_type: 'raw', source: 'hello' }]);
  expect(salvage(' \n')).toEqual([]);
});

test('restored code cells carry what the format asks of them', () => {
  const document = toDocument([{ cell_type: 'code', source: '1' }]);
  expect(document.cells).toEqual([
    { id: 'restored-1', cell_type: 'code', source: '1', metadata: {}, outputs: [], execution_count: null },
  ]);
});
