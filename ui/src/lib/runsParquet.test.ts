import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import type { ExportedRun } from './runsExport';
import { runsParquet } from './runsParquet';

const run: ExportedRun = {
  run_id: 'a1', name: '실행 1', status: 'FINISHED', user_id: 'ada', source: 'train.py', start_time: 1_700_000_000_123, end_time: 1_700_000_001_623, notebook: null,
  versions: [], metrics: { r2: 0.1 + 0.2, bad: null, far: -Infinity }, params: { empty: '', text: '한글, "x"' }, tags: {}, extremes: { r2: { min: 0.1, max: 0.9 } },
};
const bare: ExportedRun = { ...run, run_id: 'a2', end_time: null, metrics: {}, params: {}, extremes: {} };

test('a Parquet file keeps numbers as numbers, and tells what is missing from what is empty', async () => {
  const columns = ['metrics.r2', 'metrics.bad', 'metrics.far', 'max(metrics.r2)', 'params.empty', 'params.text', 'duration', 'start_time', 'status'];
  const file = runsParquet([run, bare], columns);
  expect(await parquetReadObjects({ file })).toEqual([
    {
      run_id: 'a1', run_name: '실행 1', 'metrics.r2': 0.1 + 0.2, 'metrics.bad': NaN, 'metrics.far': -Infinity, 'max(metrics.r2)': 0.9,
      'params.empty': '', 'params.text': '한글, "x"', duration: 1.5, start_time: new Date(1_700_000_000_123), status: 'FINISHED',
    },
    {
      run_id: 'a2', run_name: '실행 1', 'metrics.r2': null, 'metrics.bad': null, 'metrics.far': null, 'max(metrics.r2)': null,
      'params.empty': null, 'params.text': null, duration: null, start_time: new Date(1_700_000_000_123), status: 'FINISHED',
    },
  ]);
});

test('an empty list is a file with the columns and no rows', () => {
  const metadata = parquetMetadata(runsParquet([], ['metrics.r2', 'start_time']));
  expect(Number(metadata.num_rows)).toBe(0);
  expect(metadata.schema.slice(1).map(({ name, type }) => [name, type])).toEqual([['run_id', 'BYTE_ARRAY'], ['run_name', 'BYTE_ARRAY'], ['metrics.r2', 'DOUBLE'], ['start_time', 'INT64']]);
});
