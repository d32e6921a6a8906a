import { expect, test } from 'vitest';
import { addChart, defaultChart, noChanges, plainCurves } from '../../lib/chartSpec';
import { formatOrder, formatOrders, parseOrder, readState, writeState } from './address';
import { columnOf, defaultColumns, shownColumns } from './columns';
import { exampleRun } from './exampleRun';

test('a bare address is the run list, newest first, as it comes', () => {
  expect(readState(new URLSearchParams())).toEqual({
    view: 'list', filter: '', order: { field: 'start_time', down: true }, then: [], columns: null, picked: [], hidden: [],
    baseline: '', group: [], saved: '', charts: noChanges, curves: plainCurves, flat: false, run: '', tab: 'overview',
    side: 'table', file: '', pair: '',
  });
});

test('a link shows the same picture', () => {
  const state = {
    view: 'details' as const,
    filter: "metrics.`val loss` < 1 and params.a = 'x,y&z'",
    order: { field: 'metrics.r2', down: true },
    then: [{ field: 'params.a b', down: false }],
    columns: ['status', 'metrics.val loss'],
    picked: ['aa', 'bb'],
    hidden: ['bb'],
    baseline: 'aa',
    group: ['params.a b', 'parent'],
    saved: 'v1',
    charts: addChart(noChanges, { ...defaultChart('r2'), type: 'line', x: 'step' }),
    curves: { axis: 'relative' as const, log: true, smooth: 0.6 },
    flat: true,
    run: 'cc',
    tab: 'artifacts' as const,
    side: 'files' as const,
    file: 'plots/a b.png',
    pair: 'bb,aa',
  };
  const link = writeState(new URLSearchParams(), state).toString();
  expect(readState(new URLSearchParams(link))).toEqual(state);
});

test('what stands as it comes is not in the address', () => {
  const state = readState(new URLSearchParams());
  expect(writeState(new URLSearchParams('runs=a&charts=x&filter=y'), state).toString()).toBe('');
});

test('no columns chosen is not the same as columns as they come', () => {
  const link = writeState(new URLSearchParams(), { columns: [] });
  expect(readState(link).columns).toEqual([]);
});

test('run ids that are none, and doubles, are left out', () => {
  expect(readState(new URLSearchParams({ runs: "a,a,b' or 1=1,c" })).picked).toEqual(['a', 'c']);
});

test('orders are written with a minus for descending', () => {
  expect(parseOrder('-metrics.r2')).toEqual({ field: 'metrics.r2', down: true });
  expect(formatOrder({ field: 'run_name', down: false })).toBe('run_name');
  expect(formatOrder({ field: 'start_time', down: true })).toBe('');
  expect(formatOrders({ field: 'start_time', down: true }, [{ field: 'metrics.r2', down: false }])).toBe('-start_time,metrics.r2');
});

test('what tells runs apart comes first, and columns that would be empty are left out', () => {
  const suggested = ['metrics.r2', 'params.estimator'];
  expect(defaultColumns(suggested, [exampleRun({})])).toEqual([...suggested, 'status', 'start_time', 'duration']);
  const versions = [{ model: 'm', version: 1 }];
  expect(defaultColumns(suggested, [exampleRun({}), exampleRun({ versions })])).toEqual([...suggested, 'status', 'start_time', 'duration', 'versions']);
});

test('a column of a link that is none is left out', () => {
  expect(shownColumns(['status', 'nonsense', 'metrics.a.b']).map((column) => column.key)).toEqual(['status', 'a.b']);
  expect(columnOf('notebook')?.order).toBe('notebook');
  expect(columnOf('versions')?.order).toBeNull();
});
