import { expect, test } from 'vitest';
import { withoutCleared } from './cleared';

const display = (text: string, more = {}) => ({ output_type: 'display_data', data: { 'text/plain': text, ...more }, metadata: {} });

test('only displays of an empty text are left out', () => {
  const kept = [display('42'), display('', { 'text/html': '<b></b>' }), { output_type: 'stream', name: 'stdout', text: '' }];
  const prose = { cell_type: 'markdown', source: '' };
  const notebook = (outputs: unknown[]) => ({ nbformat: 4, cells: [{ cell_type: 'code', source: '', outputs }, prose] });
  expect(withoutCleared(notebook([display(''), ...kept, display('')]))).toEqual(notebook(kept));
});
