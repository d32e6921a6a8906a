/** A chart's numbers as a table: for screen readers and for the CSV file. */
import { contourOf, contourRows } from './chartContour';
import { runLabels, type ChartData, type ChartRun } from './chartData';
import { parallelAxes, parallelRow } from './chartParallel';
import type { ChartSpec } from './chartSpec';

export interface ChartTable {
  columns: string[];
  rows: (string | number)[][];
}

/** Long format: one line per point. `words` are the column names. */
export function chartTable(
  spec: ChartSpec,
  data: ChartData,
  runs: ChartRun[],
  words: { x: string; series: string; value: string; runs: string },
  labels = runLabels(runs),
): ChartTable {
  if (spec.type === 'parallel') {
    const axes = parallelAxes(spec, runs);
    return {
      columns: [words.runs, ...axes.map((axis) => axis.name)],
      rows: runs.map((run) => [labels.get(run.run_id) ?? run.name, ...parallelRow(axes, run)]),
    };
  }
  if (spec.type === 'contour') {
    const [x = '', y = ''] = spec.params;
    return { columns: [x, y, words.value, words.runs], rows: contourRows(contourOf(spec, runs), labels) };
  }
  if (spec.type === 'box') {
    return {
      columns: [words.x, words.value],
      rows: data.boxes.flatMap((box) => box.values.map((value) => [box.category, value])),
    };
  }
  const time = data.axis === 'time';
  return {
    columns: [words.x, words.series, words.value, words.runs],
    rows: data.series.flatMap((series) =>
      series.points.map((point) => [
        time ? new Date(Number(point.x)).toISOString() : point.x,
        series.name,
        point.y,
        point.runs.map((run) => labels.get(run) ?? run).join('; '),
      ]),
    ),
  };
}

/** A cell of a CSV file. Escapes text that a spreadsheet would execute as a formula. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(table: ChartTable): string {
  return [table.columns, ...table.rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
