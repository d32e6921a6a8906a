import { expect, test } from 'vitest';
import { chartInks, colorOf, colorsOf } from './chartColors';
import { contourOf, contourOption, hullOf, weighted } from './chartContour';
import { runLabels, type ChartRun } from './chartData';
import { defaultChart, type ChartSpec } from './chartSpec';
import { chartTable } from './chartTable';

function run(id: string, a: string | undefined, b: string | undefined, loss: number | null | undefined, start_time = 1): ChartRun {
  const params = { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) };
  return { run_id: id, name: id, start_time, params, metrics: loss === undefined ? {} : { loss } };
}

const spec = (change: Partial<ChartSpec> = {}): ChartSpec => ({ ...defaultChart('loss'), type: 'contour', params: ['a', 'b'], ...change });
const square = [run('p', '0', '0', 0), run('q', '2', '0', 1), run('r', '0', '4', 1), run('s', '2', '4', 2)];
const corners: [number, number][] = [[0, 0], [1, 0], [0, 1], [1, 1]];
const cellAt = (contour: ReturnType<typeof contourOf>, x: number, y: number) => contour.cells.find(([x0, x1, y0, y1]) => x0 <= x && x < x1 && y0 <= y && y < y1)?.[4];

test('inverse distance weighting is exact at the places, and known between them', () => {
  const values = [0, 1, 1, 2];
  expect(weighted(corners, values, [1, 1])).toBe(2);
  expect(weighted(corners, values, [0.5, 0.5])).toBeCloseTo(1, 12);
  // Weights 8, 1.6, 1.6 and 0.888...: (1.6 + 1.6 + 2 x 0.888...) / 12.088...
  expect(weighted(corners, values, [0.25, 0.25])).toBeCloseTo(112 / 272, 12);
});

test('the hull has the corners alone', () => {
  expect(hullOf([[0, 0], [1, 0], [0.5, 0.5], [1, 1], [0.5, 0], [0, 1]])).toEqual([[0, 0], [1, 0], [1, 1], [0, 1]]);
  expect(hullOf([[0, 0], [0.5, 0.5], [1, 1]]).length).toBeLessThan(3);
});

test('the field covers what is among the runs, on axes of different length', () => {
  const contour = contourOf(spec(), square);
  expect(contour).toMatchObject({ lack: null, missing: 0, unreal: 0, dropped: 0, x: { min: 0, max: 2, log: false }, y: { min: 0, max: 4 } });
  expect(contour.cells).toHaveLength(3600);
  expect(cellAt(contour, 1, 2)).toBeCloseTo(weighted(corners, [0, 1, 1, 2], [30.5 / 60, 30.5 / 60]), 12);
  const triangle = contourOf(spec(), square.slice(0, 3));
  expect(cellAt(triangle, 0.5, 1)).toBeDefined();
  expect(cellAt(triangle, 1.8, 3.6)).toBeUndefined();
});

test('runs with the same params are one point', () => {
  const again = run('t', '2', '4.0', 6, 2);
  const at = (agg: ChartSpec['agg']) => contourOf(spec({ agg }), [...square, again]).points.at(-1);
  expect(at('mean')).toEqual({ x: 2, y: 4, value: 4, runs: ['s', 't'] });
  expect([at('last')?.value, at('min')?.value, at('max')?.value]).toEqual([6, 2, 6]);
});

test('runs without numbers are left out and counted by why', () => {
  const odd = [run('t', 'auto', '1', 1), run('u', undefined, '1', 1), run('v', '1', '1', undefined), run('w', '1', '1', null), run('x', '1', '1', Number.MAX_VALUE)];
  expect(contourOf(spec(), [...square, ...odd])).toMatchObject({ missing: 3, unreal: 2, dropped: 0 });
  expect(contourOf(spec(), [...square, ...odd]).points).toHaveLength(4);
});

test('a logarithmic scale takes the mean of logarithms, without zero', () => {
  const runs = [run('p', '0', '0', 1), run('q', '2', '0', 100), run('r', '0', '4', 1), run('s', '2', '4', 100), run('t', '1', '1', 0)];
  const contour = contourOf(spec({ scale: 'log' }), runs);
  expect(contour.dropped).toBe(1);
  expect(cellAt(contour, 1, 2)).toBeGreaterThan(9);
  expect(cellAt(contour, 1, 2)).toBeLessThan(11);
});

test('a param over two decades, such as a learning rate, has a logarithmic axis', () => {
  const runs = [run('p', '0.0001', '0', 0), run('q', '0.1', '0', 1), run('r', '0.0001', '4', 1), run('s', '0.1', '4', 2)];
  const contour = contourOf(spec(), runs);
  expect([contour.x.log, contour.y.log]).toEqual([true, false]);
  expect(cellAt(contour, Math.sqrt(0.0001 * 0.1) * 1.01, 2.01)).toBeCloseTo(1, 1);
});

test('fewer than three combinations, or all on one line, are no field', () => {
  expect(contourOf(spec(), [square[0], square[1], square[1]].flatMap((one) => one ?? [])).lack).toBe('few');
  expect(contourOf(spec(), [run('p', '0', '0', 1), run('q', '1', '1', 2), run('r', '2', '2', 3)]).lack).toBe('line');
  expect(contourOf(spec(), [run('p', '1', '0', 1), run('q', '1', '1', 2), run('r', '1', '2', 3)]).lack).toBe('line');
  expect(contourOf(spec(), []).lack).toBe('few');
});

test('the chart names its method and its logarithmic axes, and colours between the least and the greatest value', () => {
  const runs = [run('p', '0.0001', '0', 10), run('q', '0.1', '0', 20), run('r', '0.1', '4', 40)];
  const look = { ink: chartInks.light, colors: colorsOf(['p']), colorOf, xName: '', yName: '', labels: runLabels(runs), number: String, large: false };
  const option = contourOption(spec(), contourOf(spec(), runs), look, { method: 'by distance', log: (name) => `${name} (log)` });
  expect(option).toMatchObject({
    title: { text: 'by distance' },
    xAxis: { type: 'log', name: 'a (log)' },
    yAxis: { type: 'value', name: 'b' },
    visualMap: { min: 10, max: 40, text: ['40', '10'] },
    series: [{ type: 'custom' }, { type: 'scatter', data: [{ name: 'p', value: [0.0001, 0, 10] }, {}, {}] }],
  });
});

test('the table of a contour has one line for each combination', () => {
  const words = { x: 'x', series: 'series', value: 'loss', runs: 'runs' };
  const data = { axis: 'value' as const, categories: [], series: [], boxes: [], dropped: 0, unreal: 0 };
  expect(chartTable(spec(), data, square.slice(0, 2), words)).toEqual({ columns: ['a', 'b', 'loss', 'runs'], rows: [[0, 0, 0, 'p'], [2, 0, 1, 'q']] });
});
