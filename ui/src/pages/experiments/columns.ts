/** Columns of the run list: what can be shown, how wide, and what is shown where nobody has chosen. */
import type { ExperimentColumns, RunRow } from '../../api/schema';

export type ColumnKind = 'status' | 'start_time' | 'duration' | 'notebook' | 'versions' | 'user' | 'source' | 'run_id' | 'metrics' | 'params' | 'tags';

export interface Column {
  /** `status`, `metrics.r2`, `params.depth` ... */
  id: string;
  kind: ColumnKind;
  /** The key behind a metric, param or tag. */
  key: string;
  width: number;
  /** What the server sorts by; null where it cannot. */
  order: string | null;
}

const PROPERTIES: Record<string, { kind: ColumnKind; width: number; order: string | null }> = {
  status: { kind: 'status', width: 104, order: 'status' },
  start_time: { kind: 'start_time', width: 120, order: 'start_time' },
  duration: { kind: 'duration', width: 92, order: 'duration' },
  notebook: { kind: 'notebook', width: 160, order: null },
  versions: { kind: 'versions', width: 152, order: null },
  user: { kind: 'user', width: 120, order: 'user_id' },
  source: { kind: 'source', width: 176, order: null },
  run_id: { kind: 'run_id', width: 136, order: 'run_id' },
};

export const propertyIds = Object.keys(PROPERTIES);
const SHOWN_PROPERTIES = ['status', 'start_time', 'duration', 'notebook', 'versions'];
const SHOWN_METRICS = 6;
const SHOWN_PARAMS = 4;

export function columnOf(id: string): Column | null {
  const property = PROPERTIES[id];
  if (property) return { id, key: id, ...property };
  const [, kind, key] = /^(metrics|params|tags)\.(.+)$/.exec(id) ?? [];
  if (!key || (kind !== 'metrics' && kind !== 'params' && kind !== 'tags')) return null;
  return { id, kind, key, width: Math.min(220, Math.max(104, key.length * 8 + 40)), order: id };
}

/** Params worth a column: those most runs have and that tell runs apart come first. */
function telling(params: string[], runs: RunRow[]): string[] {
  const score = (key: string) => {
    const values = runs.map((run) => run.params[key]).filter((value) => value !== undefined);
    return values.length * (new Set(values).size > 1 ? 2 : 1);
  };
  return [...params].sort((a, b) => score(b) - score(a)).slice(0, SHOWN_PARAMS);
}

export function defaultColumns(all: ExperimentColumns, runs: RunRow[]): string[] {
  const metrics = all.metrics.filter((key) => !key.startsWith('system/')).slice(0, SHOWN_METRICS);
  return [
    ...SHOWN_PROPERTIES,
    ...metrics.map((key) => `metrics.${key}`),
    ...telling(all.params, runs).map((key) => `params.${key}`),
  ];
}

export function shownColumns(ids: string[]): Column[] {
  return ids.map(columnOf).filter((column) => column !== null);
}
