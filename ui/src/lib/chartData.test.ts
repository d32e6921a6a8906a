import { expect, test } from 'vitest';
import { valuesAt } from './chartAlign';
import { chartPalette, colorsOf } from './chartColors';
import { chartData, runLabels, type ChartHistory, type ChartRun } from './chartData';
import { defaultChart, type ChartSpec } from './chartSpec';
import { chartTable, toCsv } from './chartTable';

function run(id: string, at: number, metrics: ChartRun['metrics'], params: ChartRun['params'] = {}): ChartRun {
  return { run_id: id, name: `name-${id}`, start_time: at, metrics, params };
}
const linear = run('a', 1, { r2: 0.52, mae: 43.5 }, { estimator: 'LinearRegression', depth: '2' });
const tree = run('b', 2, { r2: 0.73, mae: 31.5 }, { estimator: 'DecisionTreeRegressor', depth: '10' });
const again = run('c', 3, { r2: 0.7 }, { estimator: 'DecisionTreeRegressor' });
const spec = (change: Partial<ChartSpec>): ChartSpec => ({ ...defaultChart('r2'), ...change });
const words = { x: 'x', series: 'series', value: 'value', runs: 'runs' };

test('bars by run name stand in the order of the picks, each in its run’s colour', () => {
  const data = chartData(spec({}), [tree, linear], []);
  expect(data.categories).toEqual(['name-b', 'name-a']);
  expect(data.series[0]?.points.map((point) => [point.x, point.y, point.color])).toEqual([
    ['name-b', 0.73, 'b'],
    ['name-a', 0.52, 'a'],
  ]);
});

test('bars by a param show one bar a value', () => {
  const data = chartData(spec({ x: 'params.estimator' }), [linear, tree], []);
  expect(data.categories).toEqual(['LinearRegression', 'DecisionTreeRegressor']);
  expect(data.series).toHaveLength(1);
});

test.each([
  ['last', 0.7],
  ['min', 0.7],
  ['max', 0.73],
  ['mean', 0.715],
] as const)('runs that share a value are joined by %s', (agg, expected) => {
  const data = chartData(spec({ x: 'params.estimator', agg }), [tree, again, linear], []);
  const point = data.series[0]?.points.find((one) => one.x === 'DecisionTreeRegressor');
  expect(point?.y).toBeCloseTo(expected);
  expect(point?.runs).toEqual(['b', 'c']);
});

test('runs without the metric or the param are left out, NaN too', () => {
  const nan = run('d', 4, { r2: null }, { estimator: 'Other' });
  expect(chartData(spec({ x: 'params.depth' }), [linear, again, nan], []).series[0]?.points).toHaveLength(1);
});

test('numeric params are in the order of numbers, and an axis of numbers where points are drawn', () => {
  const bars = chartData(spec({ x: 'params.depth' }), [tree, linear], []);
  expect(bars.categories).toEqual(['2', '10']);
  const dots = chartData(spec({ x: 'params.depth', type: 'scatter' }), [tree, linear], []);
  expect(dots.axis).toBe('value');
  expect(dots.series[0]?.points.map((point) => point.x)).toEqual([2, 10]);
});

test('categories are ordered by value on request', () => {
  expect(chartData(spec({ sort: 'down' }), [linear, tree], []).categories).toEqual(['name-b', 'name-a']);
  expect(chartData(spec({ sort: 'up' }), [tree, linear], []).categories).toEqual(['name-a', 'name-b']);
});

test('a logarithmic scale says how many values it cannot show', () => {
  const data = chartData(spec({ scale: 'log' }), [run('x', 1, { r2: -1 }), tree], []);
  expect(data.dropped).toBe(1);
  expect(data.categories).toEqual(['name-b']);
});

const history = (id: string, steps: number[], values: (number | null)[]): ChartHistory => ({
  run_id: id, key: 'r2', steps, timestamps: steps.map((step) => 1000 + step * 500), values,
});

test('a line over steps is one series a run; relative time counts seconds from the start', () => {
  const histories = [history('a', [0, 1, 2], [0.1, null, 0.3]), history('b', [0, 2], [0.2, 0.4])];
  const lines = chartData(spec({ type: 'line', x: 'step' }), [linear, tree], histories);
  expect(lines.series.map((series) => [series.name, series.points.map((point) => [point.x, point.y])])).toEqual([
    ['name-a', [[0, 0.1], [2, 0.3]]],
    ['name-b', [[0, 0.2], [2, 0.4]]],
  ]);
  const timed = chartData(spec({ type: 'line', x: 'relative' }), [run('a', 1000, {})], [history('a', [0, 2], [1, 2])]);
  expect(timed.series[0]?.points.map((point) => point.x)).toEqual([0, 1]);
});

test('runs of a group are averaged at shared places even where their steps differ', () => {
  const histories = [history('b', [0, 2, 4], [0, 2, 4]), history('c', [0, 1, 3, 4], [2, 3, 5, 6])];
  const data = chartData(spec({ type: 'line', x: 'step', by: 'params.estimator', agg: 'mean' }), [tree, again], histories);
  expect(data.series[0]?.points.map((point) => [point.x, point.y])).toEqual([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);
});

test('between its points a curve is straight, outside of them it has no value', () => {
  expect(valuesAt([{ x: 1, y: 0 }, { x: 3, y: 4 }], [0, 1, 2, 3, 4])).toEqual([null, 0, 2, 4, null]);
});

test('a box by run name spreads the run’s whole history', () => {
  const data = chartData(spec({ type: 'box' }), [linear], [history('a', [0, 1, 2], [1, 2, 3])]);
  expect(data.boxes).toEqual([{ category: 'name-a', values: [1, 2, 3], color: 'a' }]);
});

test('runs of the same name are told apart', () => {
  const twin = { ...tree, run_id: 'bbbbbbbbbb', name: 'name-b' };
  expect([...runLabels([tree, twin, linear]).values()]).toEqual(['name-b (b)', 'name-b (bbbbbb)', 'name-a']);
});

test('colours belong to keys: the same in any company, never shared by few', () => {
  const keys = Array.from({ length: chartPalette.length }, (_, at) => `run-${at}`);
  expect(new Set(colorsOf(keys).values()).size).toBe(chartPalette.length);
  expect(colorsOf(['run-3']).get('run-3')).toBe(colorsOf(['run-3', 'elsewhere']).get('run-3'));
});

test('the table has a line a point, and CSV keeps commas, quotes and formulas harmless', () => {
  const odd = { ...tree, name: '=cmd,"x"' };
  const table = chartTable(spec({}), chartData(spec({}), [odd], []), [odd], words);
  expect(table.rows).toEqual([['=cmd,"x"', 'r2', 0.73, '=cmd,"x"']]);
  expect(toCsv(table)).toBe('x,series,value,runs\r\n"\'=cmd,""x""",r2,0.73,"\'=cmd,""x"""\r\n');
});

test('parallel coordinates list every axis of a run', () => {
  const parallel = spec({ type: 'parallel', y: ['r2', 'mae'], params: ['estimator', 'depth'] });
  expect(chartTable(parallel, chartData(parallel, [linear], []), [linear], words)).toEqual({
    columns: ['runs', 'estimator', 'depth', 'r2', 'mae'],
    rows: [['name-a', 'LinearRegression', 2, 0.52, 43.5]],
  });
});

test('infinities and NaN are left out of a chart and counted', () => {
  const far = run('e', 5, { r2: Number.MAX_VALUE }, {});
  const none = run('f', 6, { r2: null }, {});
  const data = chartData(spec({}), [linear, far, none], []);
  expect(data.series[0]?.points).toHaveLength(1);
  expect(data.unreal).toBe(2);
});
