import { expect, test } from 'vitest';
import { arrange, kindOf, nextSort, readFrame, roundedText, shownText, toCsv, type Frame } from './frame';

const frame: Frame = {
  columns: [
    { name: 'id', type: 'bigint' },
    { name: 'name', type: 'string' },
  ],
  rows: [
    ['9007199254740993', 'b'],
    [2, null],
    ['9007199254740992', 'a "quoted"'],
    ['NaN', 'A'],
  ],
  total: 4,
  exact: true,
  source: 'spark',
  index: null,
  key: null,
};

test('numbers beyond what JavaScript holds are sorted exactly, NaN comes after them', () => {
  expect(arrange(frame, '', { column: 0, down: false })).toEqual([1, 2, 0, 3]);
});

test('missing values come last in either direction', () => {
  expect(arrange(frame, '', { column: 1, down: false }).at(-1)).toBe(1);
  expect(arrange(frame, '', { column: 1, down: true }).at(-1)).toBe(1);
});

test('the keyword filter looks into every column and minds no case', () => {
  expect(arrange(frame, ' QUOTED ', null)).toEqual([2]);
  expect(arrange(frame, '0993', null)).toEqual([0]);
});

test('a third click on a header gives back the order in which rows came', () => {
  const up = nextSort(null, 1);
  const down = nextSort(up, 1);
  expect([up, down, nextSort(down, 1)]).toEqual([{ column: 1, down: false }, { column: 1, down: true }, null]);
});

test('a whole number in a column of fractions keeps its point', () => {
  expect([shownText(4, kindOf('double')), shownText(4, kindOf('bigint'))]).toEqual(['4.0', '4']);
});

test('copied rows are CSV with quotes where they are needed', () => {
  expect(toCsv(frame, [2, 1])).toBe('id,name\r\n9007199254740992,"a ""quoted"""\r\n2,\r\n');
});

test('an output that is no table is refused', () => {
  expect(readFrame({ columns: [{ name: 'a', type: 'int' }], rows: [1] })).toBeNull();
  expect(readFrame('rows')).toBeNull();
  expect(readFrame({ columns: [{ name: 'a' }], rows: [[1]] })?.columns).toEqual([{ name: 'a', type: 'string' }]);
});

test('fractions are rounded for the eye, other values are not', () => {
  expect(roundedText(0.1 + 0.2, 'number')).toBe('0.3');
  expect(roundedText(1234567.891, 'number')).toBe('1234567.89');
  expect(roundedText(12345678, 'integer')).toBe('12345678');
  expect(roundedText('10.123456789', 'number')).toBe('10.123456789');
  expect(roundedText(null, 'number')).toBeNull();
});
