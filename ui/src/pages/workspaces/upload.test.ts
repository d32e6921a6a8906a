import { expect, test } from 'vitest';
import { nameOf, readNotebook } from './upload';

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
