import { expect, test } from 'vitest';
import { matches } from './match';

test('every word must be there, in any order and case', () => {
  expect(matches('Train and compare Models', 'model train')).toBe(true);
  expect(matches('Train and compare Models', 'model test')).toBe(false);
  expect(matches('anything', '  ')).toBe(true);
});

test('Korean is found however it was typed', () => {
  expect(matches('모델 훈련'.normalize('NFD'), '훈련')).toBe(true);
});
