/** Columns of the run list: available ones, widths and defaults. */
import type { RunRow } from '../../api/schema';
import { type ListedField, type RunFieldName, runFields } from '../../lib/runFields';

/** How a column shows its runs: `field` is an attribute of the run as plain text. */
export type ColumnKind = 'status' | 'start_time' | 'duration' | 'notebook' | 'versions' | 'note' | 'field' | 'metrics' | 'min' | 'max' | 'min_step' | 'max_step' | 'params' | 'tags';

export interface Column {
  /** `status`, `metrics.r2`, `max(metrics.r2)`, `params.depth` ... */
  id: string;
  kind: ColumnKind;
  /** The key behind a metric, param or tag; the attribute behind a field. */
  key: string;
  width: number;
  /** The order_by field for the server; null if it cannot sort by this column. */
  order: string | null;
}

type Property = Omit<Column, 'id'>;

/** The name of a run is the first column of every list; `user_id` is called `user` here. */
const PLACED: RunFieldName[] = ['run_name', 'user_id'];
/** Fields that are more than plain text, or need another width. */
const LOOKS: Partial<Record<RunFieldName, { kind?: ColumnKind; width: number }>> = {
  status: { kind: 'status', width: 104 },
  start_time: { kind: 'start_time', width: 120 },
  duration: { kind: 'duration', width: 92 },
  notebook: { kind: 'notebook', width: 160 },
  client: { width: 216 },
  run_id: { width: 136 },
};
const LISTED = runFields.filter((field) => field.inList && !PLACED.includes(field.name));

const PROPERTIES: Record<string, Property> = {
  ...Object.fromEntries(
    LISTED.map(({ name, attribute, orderable }): [string, Property] => [
      name,
      { kind: 'field', key: attribute, width: 140, order: orderable ? name : null, ...LOOKS[name] },
    ]),
  ),
  versions: { kind: 'versions', key: '', width: 152, order: null },
  note: { kind: 'note', key: 'note', width: 240, order: null },
  user: { kind: 'field', key: 'user_id', width: 120, order: 'user_id' },
  source: { kind: 'field', key: 'source', width: 176, order: null },
};

export type PropertyId = Exclude<ListedField, 'run_name' | 'user_id'> | 'versions' | 'note' | 'user' | 'source';
export const propertyIds = Object.keys(PROPERTIES);
export const isProperty = (id: string): id is PropertyId => Object.hasOwn(PROPERTIES, id);
const SHOWN_PROPERTIES = ['status', 'start_time', 'duration', 'notebook', 'versions'];

export function columnOf(id: string): Column | null {
  const property = PROPERTIES[id];
  if (property) return { id, ...property };
  const [, reached, stepped] = /^step\((min|max)\(metrics\.(.+)\)\)$/.exec(id) ?? [];
  if (stepped && (reached === 'min' || reached === 'max')) {
    // Read for the runs on screen alone, so the list cannot be ordered by it.
    return { id, kind: `${reached}_step`, key: stepped, width: Math.min(240, Math.max(128, stepped.length * 8 + 112)), order: null };
  }
  const [, best, metric] = /^(min|max)\(metrics\.(.+)\)$/.exec(id) ?? [];
  if (metric && (best === 'min' || best === 'max')) return { id, kind: best, key: metric, width: Math.min(240, Math.max(112, metric.length * 8 + 72)), order: id };
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
