import { expect, test } from 'vitest';
import { nameOf, readNotebook, readUpload } from './upload';

test('a notebook is JSON with cells and a format', () => {
  expect(readNotebook('{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[]}')).toMatchObject({ nbformat: 4 });
  expect(readNotebook('\uFEFF{"nbformat":4,"cells":[]}')).not.toBeNull();
});

test('anything else is refused before it is sent', () => {
  expect(readNotebook('{"cells":[]}')).toBeNull();
  expect(readNotebook('[1]')).toBeNull();
  expect(readNotebook('print(1)')).toBeNull();
});

test('the file gives the name, and a taken one is counted on', () => {
  expect(nameOf('모델 훈련.ipynb', [])).toBe('모델 훈련');
  expect(nameOf('a.ipynb', ['a'])).toBe('a 2');
});

test('a script is a notebook, too', () => {
  expect(readUpload('train.py', '# %%\nprint(1)')).toMatchObject({ cells: [{ cell_type: 'code', source: 'print(1)' }] });
  expect(readUpload('train.py', '\0')).toBeNull();
  expect(readUpload('train.txt', 'print(1)')).toBeNull();
  expect(nameOf('train.py', ['train'])).toBe('train 2');
});
