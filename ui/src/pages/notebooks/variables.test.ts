import { expect, test } from 'vitest';
import { arrangeVariables, readVariables, shapeText } from './variables';

const all = readVariables([
  { name: 'b', type: 'int', shape: null, bytes: 28, value: '10' },
  { name: 'a', type: 'DataFrame', shape: [5000, 3], bytes: 120_000, value: 'n, text' },
  { name: 'c', type: 'str', shape: [4], bytes: 53, value: "'text'" },
]);

test('variables are found by name, type or value', () => {
  expect(arrangeVariables(all, 'TEXT', { key: 'name', down: false }).map(({ name }) => name)).toEqual(['a', 'c']);
  expect(arrangeVariables(all, 'frame', { key: 'name', down: false }).map(({ name }) => name)).toEqual(['a']);
});

test('variables are sorted by what a column shows', () => {
  expect(arrangeVariables(all, '', { key: 'bytes', down: true }).map(({ name }) => name)).toEqual(['a', 'c', 'b']);
  expect(arrangeVariables(all, '', { key: 'shape', down: false }).map(({ name }) => name)).toEqual(['b', 'c', 'a']);
});

test('what is no list of variables is none', () => {
  expect(readVariables(undefined)).toEqual([]);
  expect(all.map(shapeText)).toEqual(['', '5000 × 3', '4']);
});
