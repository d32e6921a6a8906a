/** Columns of the run list: available ones, widths and defaults. */
import type { RunRow } from '../../api/schema';
import { runFields } from '../../lib/runFields';

export type ColumnKind = 'status' | 'start_time' | 'duration' | 'notebook' | 'versions' | 'user' | 'source' | 'run_id' | 'metrics' | 'params' | 'tags';

export interface Column {
  /** `status`, `metrics.r2`, `params.depth` ... */
  id: string;
  kind: ColumnKind;
  /** The key behind a metric, param or tag. */
  key: string;
  width: number;
  /** The order_by field for the server; null if it cannot sort by this column. */
  order: string | null;
}

const orderable = (field: string) => (runFields.some((one) => one.name === field && one.orderable) ? field : null);

const PROPERTIES: Record<string, { kind: ColumnKind; width: number; order: string | null }> = {
  status: { kind: 'status', width: 104, order: orderable('status') },
  start_time: { kind: 'start_time', width: 120, order: orderable('start_time') },
  duration: { kind: 'duration', width: 92, order: orderable('duration') },
  notebook: { kind: 'notebook', width: 160, order: orderable('notebook') },
  versions: { kind: 'versions', width: 152, order: null },
  user: { kind: 'user', width: 120, order: orderable('user_id') },
  source: { kind: 'source', width: 176, order: null },
  run_id: { kind: 'run_id', width: 136, order: orderable('run_id') },
};

export const propertyIds = Object.keys(PROPERTIES);
const SHOWN_PROPERTIES = ['status', 'start_time', 'duration', 'notebook', 'versions'];

export function columnOf(id: string): Column | null {
  const property = PROPERTIES[id];
  if (property) return { id, key: id, ...property };
  const [, kind, key] = /^(metrics|params|tags)\.(.+)$/.exec(id) ?? [];
  if (!key || (kind !== 'metrics' && kind !== 'params' && kind !== 'tags')) return null;
  return { id, kind, key, width: Math.min(220, Math.max(104, key.length * 8 + 40)), order: id };
}

/** The default columns: those in which runs differ, then the run's own, without empty columns. */
export function defaultColumns(suggested: string[], runs: RunRow[]): string[] {
  const empty: Record<string, boolean> = {
    notebook: runs.every((run) => run.notebook === null),
    versions: runs.every((run) => run.versions.length === 0),
  };
  return [...suggested, ...SHOWN_PROPERTIES.filter((id) => !empty[id])];
}

export function shownColumns(ids: string[]): Column[] {
  return ids.map(columnOf).filter((column) => column !== null);
}
