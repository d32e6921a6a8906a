import { expect, test } from 'vitest';
import { asFigure, copyWithBinary, hasBinary } from './arrays';

const numbers = () => ({ buffer: new DataView(Float64Array.of(1.5, -2).buffer), dtype: 'float64', shape: [2] });

test('a copy has the binary parts of nested lists and objects', () => {
  const trace = { y: numbers(), name: 'a' };
  const copy = copyWithBinary([trace]);
  expect(hasBinary(copy)).toBe(true);
  expect(copy).toEqual([trace]);
  expect(hasBinary([{ y: [1, 2], name: 'a', at: null }])).toBe(false);
});

test('arrays of a figure get their numbers as text', () => {
  const found = asFigure([{ type: 'bar', y: numbers(), x: ['a', 'b'] }]);
  expect(found).toEqual([{ type: 'bar', x: ['a', 'b'], y: { dtype: 'f8', bdata: 'AAAAAAAA+D8AAAAAAAAAwA==', shape: '2' } }]);
});
