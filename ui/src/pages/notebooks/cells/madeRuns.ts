/** The runs that the last execution of a cell made, by experiment. Pure. */
import type { CreatedRun } from '../../../api/schema';
import { mainMetric } from '../../../lib/metricOrder';
import type { CellRun } from '../runs';

export interface MadeRuns {
  experiment: string;
  name: string;
  /** In the order in which they began. */
  runs: CreatedRun[];
  /** Those without a parent among them. */
  tops: CreatedRun[];
  /** The metrics to show, the most telling first. */
  metrics: string[];
}

/** The clocks of the kernel and of what tells when a cell began may differ by so many ms. */
const SLACK = 1_000;
const MOST_METRICS = 3;

export function byCell(rows: CreatedRun[]): Map<string, CreatedRun[]> {
  const found = new Map<string, CreatedRun[]>();
  for (const row of rows) found.set(row.cell, [row, ...(found.get(row.cell) ?? [])]);
  return found;
}

export function madeRuns(rows: CreatedRun[], cell: CellRun): MadeRuns[] {
  const { startedAt, endedAt } = cell;
  if (startedAt === null) return [];
  const made = rows.filter(({ start_time }) => start_time >= startedAt - SLACK && (endedAt === null || start_time <= endedAt + SLACK));
  const places = new Map<string, CreatedRun[]>();
  for (const run of made) places.set(run.experiment, [...(places.get(run.experiment) ?? []), run]);
  return [...places].map(([experiment, runs]) => {
    const ids = new Set(runs.map((run) => run.run_id));
    return {
      experiment,
      name: runs[0]?.experiment_name ?? '',
      runs,
      tops: runs.filter((run) => run.parent_run_id === null || !ids.has(run.parent_run_id)),
      metrics: telling([...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]),
    };
  });
}

function telling(keys: string[]): string[] {
  const rest = [...keys].sort();
  const found: string[] = [];
  for (let key = mainMetric(rest); key !== null && found.length < MOST_METRICS; key = mainMetric(rest)) {
    found.push(key);
    rest.splice(rest.indexOf(key), 1);
  }
  return found;
}
