/** The run list as a table for files and the clipboard, and as the lines of Python that ask for the same. Pure. */
import type { ChartTable } from './chartTable';
import { exactNumber } from './format';

export interface ExportedRun {
  run_id: string;
  name: string;
  status: string;
  user_id: string;
  source: string;
  start_time: number;
  end_time: number | null;
  notebook: { name: string } | null;
  versions: { model: string; version: number }[];
  metrics: Record<string, number | null>;
  params: Record<string, string>;
  tags: Record<string, string>;
  extremes: Record<string, { min: number | null; max: number | null; min_step?: number | null; max_step?: number | null }>;
}

function valueOf(run: ExportedRun, column: string): string {
  const [, reached, stepped = ''] = /^step\((min|max)\(metrics\.(.+)\)\)$/.exec(column) ?? [];
  if (reached === 'min' || reached === 'max') return String(run.extremes[stepped]?.[`${reached}_step`] ?? '');
  const [, best, metric = ''] = /^(min|max)\(metrics\.(.+)\)$/.exec(column) ?? [];
  if (best === 'min' || best === 'max') return metric in run.extremes ? exactNumber(run.extremes[metric]?.[best]) : '';
  const [, kind, key = ''] = /^(metrics|params|tags)\.(.+)$/.exec(column) ?? [];
  if (kind === 'metrics') return key in run.metrics ? exactNumber(run.metrics[key]) : '';
  if (kind === 'params') return run.params[key] ?? '';
  if (kind === 'tags') return run.tags[key] ?? '';
  switch (column) {
    case 'start_time':
      return new Date(run.start_time).toISOString();
    case 'duration':
      return run.end_time === null ? '' : String((run.end_time - run.start_time) / 1000);
    case 'notebook':
      return run.notebook?.name ?? run.source;
    case 'versions':
      return run.versions.map(({ model, version }) => `${model}/${version}`).join(' ');
    case 'user':
      return run.user_id;
    default: {
      const value: unknown = Object.entries(run).find(([name]) => name === column)?.[1];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    }
  }
}

/** Every value in full, under the names that filters use; durations are seconds. */
export function runsTable(runs: ExportedRun[], columns: string[]): ChartTable {
  const shown = columns.filter((id) => id !== 'run_id');
  return {
    columns: ['run_id', 'run_name', ...shown],
    rows: runs.map((run) => [run.run_id, run.name, ...shown.map((id) => valueOf(run, id))]),
  };
}

/** Tabs and line ends inside a value would shift the cells of a spreadsheet. */
export function toTsv(table: ChartTable): string {
  return [table.columns, ...table.rows].map((row) => row.map((cell) => String(cell).replaceAll(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}

/** `mlflow.search_runs` with the same filter and order. */
export function searchSnippet(experiment: string, trackingUri: string, filter: string, order: string[]): string {
  const text = (value: string) => JSON.stringify(value);
  return [
    'import mlflow',
    '',
    '# Outside a Handloom notebook, with MLFLOW_TRACKING_TOKEN set:',
    `# mlflow.set_tracking_uri(${text(trackingUri)})`,
    '',
    'runs = mlflow.search_runs(',
    `    experiment_names=[${text(experiment)}],`,
    ...(filter ? [`    filter_string=${text(filter)},`] : []),
    `    order_by=[${order.map(text).join(', ')}],`,
    ')',
    'runs',
  ].join('\n');
}
