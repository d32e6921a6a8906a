import { expect, test } from 'vitest';
import { formatCharts, parseCharts } from './chartLink';
import { addChart, chartsOf, defaultChart, moveChart, noChanges, overHistory, removeChart, replaceChart, type ChartsState } from './chartSpec';

const metrics = ['mae', 'r2'];
const ids = (state: ChartsState) => chartsOf(state, metrics).map((spec) => spec.id);

test('each metric has a bar chart by run name until someone changes it', () => {
  expect(chartsOf(noChanges, metrics)).toEqual([
    expect.objectContaining({ id: 'mae', type: 'bar', x: 'run', y: ['mae'] }),
    expect.objectContaining({ id: 'r2', type: 'bar', x: 'run', y: ['r2'] }),
  ]);
  expect(formatCharts(noChanges)).toBe('');
});

test('curves are drawn over steps, those of system metrics over the time since the start', () => {
  const keys = ['loss', 'system/cpu_utilization_percentage'];
  expect(chartsOf(noChanges, keys, new Set(keys)).map((spec) => [spec.type, spec.x])).toEqual([['line', 'step'], ['line', 'relative']]);
  expect(chartsOf(noChanges, keys, new Set(keys), { axis: 'time', log: false, smooth: 0 }).map((spec) => spec.x)).toEqual(['time', 'time']);
  const asked = parseCharts('{"edit":{"system/cpu_utilization_percentage":{"x":"step"}}}');
  expect(chartsOf(asked, keys, new Set(keys))[1]?.x).toBe('step');
});

test('only what was changed stands in the link', () => {
  const state = replaceChart(noChanges, { ...defaultChart('mae'), x: 'params.estimator' });
  expect(formatCharts(state)).toBe('{"edit":{"mae":{"x":"params.estimator"}}}');
  expect(chartsOf(parseCharts(formatCharts(state)), metrics)[0]).toMatchObject({ id: 'mae', type: 'bar', x: 'params.estimator' });
});

test('a chart put back as it was leaves nothing in the link', () => {
  const changed = replaceChart(noChanges, { ...defaultChart('mae'), type: 'scatter' });
  expect(formatCharts(replaceChart(changed, defaultChart('mae')))).toBe('');
});

test('charts can be added, copied, moved and taken away, and the link shows the same', () => {
  let state = addChart(noChanges, { ...defaultChart('mae'), title: 'Mine', type: 'line', x: 'step' });
  state = addChart(state, { ...defaultChart('r2'), y: ['r2', 'mae'] });
  expect(ids(state)).toEqual(['mae', 'r2', '+1', '+2']);
  state = moveChart(state, ids(state), '+1', -2);
  state = removeChart(state, 'r2');
  expect(ids(state)).toEqual(['+1', 'mae', '+2']);
  expect(chartsOf(parseCharts(formatCharts(state)), metrics)).toEqual(chartsOf(state, metrics));
});

test('ids of added charts close up in the link without losing their order', () => {
  let state = addChart(addChart(noChanges, defaultChart('mae')), { ...defaultChart('r2'), title: 'second' });
  state = moveChart(state, ids(state), '+2', -3);
  state = removeChart(state, '+1');
  const read = parseCharts(formatCharts(state));
  expect(chartsOf(read, metrics).map((spec) => spec.title)).toEqual(['second', '', '']);
});

test.each(['', '{', '[]', '7', '{"edit":[1],"add":{"a":1},"hide":"x"}'])('a damaged link (%s) shows the charts as they come', (link) => {
  expect(ids(parseCharts(link))).toEqual(metrics);
});

test('fields that make no sense are left out of a link', () => {
  const state = parseCharts('{"edit":{"mae":{"type":"pie","x":"nonsense","scale":"log","y":["a",3],"hack":1}}}');
  expect(state.edit.mae).toEqual({ scale: 'log', y: ['a'] });
});

test('only axes of time and steps, and boxes a run, need histories', () => {
  expect(overHistory({ type: 'line', x: 'step' })).toBe(true);
  expect(overHistory({ type: 'box', x: 'run' })).toBe(true);
  expect(overHistory({ type: 'bar', x: 'run' })).toBe(false);
  expect(overHistory({ type: 'parallel', x: 'step' })).toBe(false);
});

test('a metric with steps opens as a curve over steps, another as bars', () => {
  const [loss, r2] = chartsOf(noChanges, ['loss', 'r2'], new Set(['loss']), { axis: 'relative', log: true, smooth: 0.5 });
  expect([loss?.type, loss?.x, loss?.scale, loss?.smooth]).toEqual(['line', 'relative', 'log', 0.5]);
  expect([r2?.type, r2?.x, r2?.smooth]).toEqual(['bar', 'run', 0]);
});
