import { describe, expect, it } from 'vitest';
import { matrixOfJson, matrixOfTable } from './matrix';

describe('a table of numbers', () => {
  it('is a matrix where its rows have the names of its columns', () => {
    const found = matrixOfTable(['', 'cat', 'dog'], [['cat', '8', '2'], ['dog', '0', '0']]);
    expect(found).toEqual({ rows: ['cat', 'dog'], columns: ['cat', 'dog'], values: [[8, 2], [0, 0]], counts: true, shares: [[0.8, 0.2], [0, 0]] });
  });

  it('is coloured between its least and its most where it holds no counts', () => {
    const found = matrixOfTable(['', 'a', 'b'], [['a', '1', '-0.5'], ['b', '-0.5', '1']]);
    expect(found?.counts).toBe(false);
    expect(found?.shares).toEqual([[1, 0], [0, 1]]);
  });

  it('is a matrix where its columns are numbered and nothing names the rows', () => {
    expect(matrixOfTable(['0', '1'], [['5', '1'], ['2', '7']])?.values).toEqual([[5, 1], [2, 7]]);
  });

  it('stays a table where it is not square, has other names, or holds a text or an empty cell', () => {
    expect(matrixOfTable(['x', 'y'], [['1', '2'], ['3', '4']])).toBeNull();
    expect(matrixOfTable(['', 'a', 'b'], [['a', '1', '2']])).toBeNull();
    expect(matrixOfTable(['', 'a', 'b'], [['a', '1', 'x'], ['b', '1', '2']])).toBeNull();
    expect(matrixOfTable(['', 'a', 'b'], [['a', '1', ''], ['b', '1', '2']])).toBeNull();
  });
});

describe('JSON', () => {
  it('is a matrix as a nested array or with the names of its classes', () => {
    expect(matrixOfJson([[1, 0], [0, 3]])?.rows).toEqual(['0', '1']);
    expect(matrixOfJson({ labels: ['no', 'yes'], confusion_matrix: [[1, 0], [0, 3]] })?.columns).toEqual(['no', 'yes']);
  });

  it('stays what it is otherwise', () => {
    for (const other of [null, 3, [1, 2], [[1], [2]], { labels: ['a'], matrix: [[1, 0], [0, 1]] }, { matrix: [[1, null], [0, 1]] }]) {
      expect(matrixOfJson(other)).toBeNull();
    }
  });
});
