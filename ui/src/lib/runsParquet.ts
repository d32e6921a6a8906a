/** The run list as a Parquet file: numbers as doubles, times as timestamps, and what a run does not have as null. */
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { runsTable, type ExportedRun } from './runsExport';

const NUMBER = /^(metrics\.|(min|max)\(metrics\.|duration$)/;
const TIME = 'start_time';

/** The same columns as `runsTable`, in the same order. */
export function runsParquet(runs: ExportedRun[], columns: string[]): ArrayBuffer {
  const table = runsTable(runs, columns);
  const columnData = table.columns.map((name, at): ColumnSource => {
    const texts = table.rows.map((row) => String(row[at]));
    if (NUMBER.test(name)) {
      return { name, type: 'DOUBLE', nullable: true, data: texts.map((text) => (text === '' ? null : Number(text))) };
    }
    if (name === TIME) return { name, type: 'TIMESTAMP', data: texts.map((text) => new Date(text)) };
    const [, kind, key = ''] = /^(params|tags)\.(.+)$/.exec(name) ?? [];
    if (kind !== 'params' && kind !== 'tags') return { name, type: 'STRING', data: texts };
    return { name, type: 'STRING', nullable: true, data: runs.map((run) => run[kind][key] ?? null) };
  });
  return parquetWriteBuffer({ columnData });
}
