import { expect, test } from 'vitest';
import { readNotebook } from './notebookText';

const cells = [
  { cell_type: 'markdown', source: ['# Title\n', 'text'] },
  {
    cell_type: 'code',
    execution_count: 3,
    source: 'print(1)',
    outputs: [
      { output_type: 'stream', name: 'stdout', text: ['1\n'] },
      { output_type: 'display_data', data: { 'image/png': 'aGk=\n', 'text/plain': '<Figure>' } },
      { output_type: 'execute_result', data: { 'text/html': '<script>1</script>', 'text/plain': 'a frame' } },
      { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: ['\u001b[31mValueError\u001b[0m: no'] },
    ],
  },
];

test('cells are read with texts, pictures and errors of their outputs', () => {
  const read = readNotebook(JSON.stringify({ nbformat: 4, cells }));
  expect(read?.map((cell) => [cell.kind, cell.count, cell.source])).toEqual([['markdown', null, '# Title\ntext'], ['code', 3, 'print(1)']]);
  expect(read?.[1]?.outputs).toEqual([
    { kind: 'text', text: '1\n' },
    { kind: 'image', text: 'data:image/png;base64,aGk=' },
    { kind: 'text', text: 'a frame' },
    { kind: 'error', text: 'ValueError: no' },
  ]);
});

test('other JSON and other text is no notebook', () => {
  expect(readNotebook('{"cells": 1}')).toBeNull();
  expect(readNotebook('{"cells": [')).toBeNull();
});
