import { expect, test } from 'vitest';
import { readFrame, type Frame } from '../frame';
import { groupText, numbersTable, readNumbers, timeText } from './chartNumbers';
import { chartQuery, lostColumns, readCharts, recommended, type FrameChart } from './frameChart';

function frame(): Frame {
  const rows = Array.from({ length: 40 }, (_, i) => [i, `city ${i % 3}`, i / 4, '2024-01-01 00:00:00', i % 2 === 0]);
  const columns = [['id', 'int64'], ['city', 'object'], ['price', 'float64'], ['day', 'datetime64[ns]'], ['new', 'bool']];
  const read = readFrame({ columns: columns.map(([name, type]) => ({ name, type })), rows, total: 40 });
  if (!read) throw new Error('no frame');
  return read;
}

const chart: FrameChart = {
  id: 'a', table: 0, title: '', type: 'bar', x: { name: 'city', at: 1 }, y: [{ name: 'price', at: 2 }], split: null,
  aggregation: 'mean', bins: 20, numbers: null, of: null,
};

test('charts are recommended by types and values, and a row number is no measure', () => {
  const found = recommended(frame()).map(({ type, x, y, split }) => [type, x?.name, y[0]?.name, split?.name]);
  expect(found).toEqual([
    ['line', 'day', 'price', undefined],
    ['bar', 'city', 'price', undefined],
    ['pie', 'city', undefined, undefined],
    ['histogram', 'price', undefined, undefined],
    ['box', 'city', 'price', undefined],
    ['heat', 'city', undefined, 'new'],
  ]);
});

test('columns are found by name when they have moved, and lost ones are named', () => {
  const { columns } = frame();
  const moved = [...columns].reverse();
  expect(chartQuery(chart, columns)).toMatchObject({ x: 1, y: [2], aggregation: 'mean' });
  expect(chartQuery(chart, moved)).toMatchObject({ x: 3, y: [2] });
  expect(lostColumns(chart, moved)).toEqual([]);
  expect(lostColumns(chart, columns.slice(0, 1))).toEqual(['city', 'price']);
  expect(chartQuery({ ...chart, y: [] }, columns)).toBeNull();
  expect(chartQuery({ ...chart, y: [], aggregation: 'count' }, columns)).toMatchObject({ y: [] });
});

test('metadata that anything may have written is read as charts or not at all', () => {
  expect(readCharts('no')).toEqual([]);
  expect(readCharts([null, { id: 'x', type: 'radar' }, { ...chart, aggregation: 'mode', bins: 1e9 }])).toEqual([
    { ...chart, aggregation: 'count', bins: 200 },
  ]);
  expect(readNumbers({ series: [{ points: [[1, '2']] }], notes: [{ kind: 'x' }] })?.series[0]?.points).toEqual([[1, null]]);
});

test('groups and times are named as the table shows them', () => {
  const words = { number: String, interval: (low: string, high: string) => `${low} to ${high}`, other: 'Other' };
  expect(timeText(Date.UTC(2024, 0, 1))).toBe('2024-01-01');
  expect(timeText(Date.UTC(2024, 0, 1, 9, 30))).toBe('2024-01-01 09:30:00');
  expect(groupText([1, 2], 'number', words)).toBe('1 to 2');
  const numbers = readNumbers({ axis: 'category', series: [{ name: '', points: [['a', 1]] }], other: 5 });
  const names = { x: 'city', series: 's', value: 'Sum', count: 'Count', parts: [] };
  expect(numbers && numbersTable(numbers, names, words)).toEqual({ columns: ['city', 'Sum'], rows: [['a', 1], ['Other', 5]] });
});
