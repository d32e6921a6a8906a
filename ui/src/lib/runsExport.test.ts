import { expect, test } from 'vitest';
import { runsTable, searchSnippet, toTsv, type ExportedRun } from './runsExport';

const run: ExportedRun = {
  run_id: 'a1', name: 'calm-elk', status: 'FINISHED', user_id: 'ada', source: 'train.py', start_time: 0, end_time: 1500, notebook: null,
  versions: [{ model: 'm', version: 2 }], metrics: { r2: 0.123456789, bad: null }, params: { 'a b': 'x\ty' }, tags: {}, extremes: { r2: { min: 0.1, max: 0.9 } },
};

test('a table of runs holds every shown value in full', () => {
  const table = runsTable([run], ['metrics.r2', 'max(metrics.r2)', 'min(metrics.none)', 'metrics.bad', 'metrics.none', 'params.a b', 'duration', 'start_time', 'notebook', 'versions', 'run_id']);
  expect(table.columns).toEqual(['run_id', 'run_name', 'metrics.r2', 'max(metrics.r2)', 'min(metrics.none)', 'metrics.bad', 'metrics.none', 'params.a b', 'duration', 'start_time', 'notebook', 'versions']);
  expect(table.rows).toEqual([['a1', 'calm-elk', '0.123456789', '0.9', '', 'NaN', '', 'x\ty', '1.5', '1970-01-01T00:00:00.000Z', 'train.py', 'm/2']]);
});

test('what is copied has one line a run and one tab a column', () => {
  expect(toTsv(runsTable([run], ['params.a b', 'status']))).toBe('run_id\trun_name\tparams.a b\tstatus\na1\tcalm-elk\tx y\tFINISHED');
});

test('the same search in Python keeps quotes, and leaves out a filter that is none', () => {
  const code = searchSnippet('lab "x"', 'http://localhost:8484', "params.a = 'b'", ['metrics.r2 DESC']);
  expect(code).toContain('experiment_names=["lab \\"x\\""]');
  expect(code).toContain(`filter_string="params.a = 'b'"`);
  expect(code).toContain('order_by=["metrics.r2 DESC"]');
  expect(searchSnippet('lab', '', '', [])).not.toContain('filter_string');
});
