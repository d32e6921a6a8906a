import { expect, test } from 'vitest';
import { chartInks, colorOf, colorsOf } from './chartColors';
import { chartData, runLabels, type ChartRun } from './chartData';
import { BAND, cartesianOption, quartiles, type ChartLook } from './chartOption';
import { parallelOption } from './chartParallel';
import { defaultChart, type ChartSpec } from './chartSpec';

const runs: ChartRun[] = [
  { run_id: 'a', name: 'ox', start_time: 1, metrics: { r2: 0.5, mae: 40 }, params: { kind: 'linear' } },
  { run_id: 'b', name: 'elk', start_time: 2, metrics: { r2: 0.7, mae: 30 }, params: { kind: 'tree' } },
];
const look: ChartLook = {
  ink: chartInks.light, colors: colorsOf(['a', 'b']), colorOf, xName: 'Run', yName: 'r2', labels: runLabels(runs), number: String, large: false,
};
const option = (change: Partial<ChartSpec>, large = false) => {
  const spec = { ...defaultChart('r2'), ...change };
  return cartesianOption(spec, chartData(spec, runs, []), { ...look, large });
};

test('bars carry their runs’ colours and start at zero', () => {
  expect(option({})).toMatchObject({
    xAxis: { type: 'category', data: ['ox', 'elk'] },
    yAxis: { type: 'value', scale: false },
    series: [{ type: 'bar', data: [{ value: 0.5, itemStyle: { color: look.colors.get('a') } }, { value: 0.7, itemStyle: { color: look.colors.get('b') } }] }],
  });
});

test('several metrics are several series with a legend of their own', () => {
  expect(option({ y: ['r2', 'mae'] })).toMatchObject({ legend: { bottom: 0 }, series: [{ name: 'r2' }, { name: 'mae' }] });
  expect(option({})).toMatchObject({ legend: undefined });
});

test('lines keep their spikes when they are thinned', () => {
  expect(option({ type: 'line', x: 'start' })).toMatchObject({ xAxis: { type: 'time' }, series: [{ type: 'line', sampling: 'minmax' }] });
});

test('a logarithmic scale is one', () => {
  expect(option({ scale: 'log' })).toMatchObject({ yAxis: { type: 'log' } });
});

test('axes are named where there is room', () => {
  expect(option({}, true)).toMatchObject({ xAxis: { name: 'Run' }, yAxis: { name: 'r2' } });
  expect(option({})).toMatchObject({ xAxis: { name: '' }, yAxis: { name: '' } });
});

test('quartiles are drawn between neighbours', () => {
  expect(quartiles([4, 1, 3, 2])).toEqual([1, 1.75, 2.5, 3.25, 4]);
  expect(quartiles([7])).toEqual([7, 7, 7, 7, 7]);
});

test('parallel coordinates have an axis a param and a metric, and a line a run', () => {
  const spec: ChartSpec = { ...defaultChart('r2'), type: 'parallel', params: ['kind'] };
  expect(parallelOption(spec, runs, look)).toMatchObject({
    parallelAxis: [{ name: 'kind', type: 'category', data: ['linear', 'tree'] }, { name: 'r2', type: 'value' }],
    series: [{ name: 'ox', data: [['linear', 0.5]] }, { name: 'elk', data: [['tree', 0.7]] }],
  });
});

test('curves of a group and smoothed curves have a band from the least to the greatest value', () => {
  const histories = runs.map(({ run_id }, at) => ({ run_id, key: 'r2', steps: [0, 1, 2], timestamps: [0, 1, 2], values: [at, 1 + at, 2 + 3 * at] }));
  const drawn = (change: Partial<ChartSpec>) => {
    const spec: ChartSpec = { ...defaultChart('r2'), type: 'line', x: 'step', ...change };
    return cartesianOption(spec, chartData(spec, runs.map((run) => ({ ...run, params: { kind: 'tree' } })), histories), look);
  };
  const grouped = drawn({ by: 'params.kind', agg: 'mean' });
  expect(grouped).toMatchObject({
    series: [
      { name: 'tree', data: [[0, 0.5], [1, 1.5], [2, 3.5]] },
      { name: `${BAND}low 0`, data: [[0, 0], [1, 1], [2, 2]] },
      { name: `${BAND}high 0`, data: [[0, 1], [1, 1], [2, 3]] },
    ],
  });
  expect(Object(drawn({})).series).toHaveLength(2);
  expect(Object(drawn({ smooth: 0.5 })).series).toHaveLength(6);
  expect(Object(drawn({ smooth: 0.5, scale: 'log' })).series).toHaveLength(2);
});
