/** Encode the changed charts as JSON for a link, and decode with validation. */
import {
  changesOf,
  chartAggregations,
  chartOrders,
  chartScales,
  chartTypes,
  defaultChart,
  noChanges,
  type ChartChange,
  type ChartSpec,
  type ChartsState,
} from './chartSpec';

const MOST = 200;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((one): one is string => typeof one === 'string').slice(0, MOST);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 500) : undefined;
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value);
}

function axis(value: unknown, plain: readonly string[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  return plain.includes(value) || /^(params|metrics)\../.test(value) ? value : undefined;
}

function readChange(value: unknown): ChartChange {
  if (!isRecord(value)) return {};
  const read: ChartChange = {
    title: text(value.title),
    type: oneOf(chartTypes, value.type),
    x: axis(value.x, ['run', 'start', 'step', 'time', 'relative']),
    y: texts(value.y),
    params: texts(value.params),
    by: axis(value.by, ['auto', 'run']),
    scale: oneOf(chartScales, value.scale),
    agg: oneOf(chartAggregations, value.agg),
    sort: oneOf(chartOrders, value.sort),
    smooth: typeof value.smooth === 'number' && value.smooth >= 0 && value.smooth < 1 ? value.smooth : undefined,
  };
  return Object.fromEntries(Object.entries(read).filter(([, field]) => field !== undefined));
}

function readAdded(value: unknown): ChartSpec[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST).map((one, at) => ({ ...defaultChart(''), y: [], ...readChange(one), id: `+${at + 1}` }));
}

/** Parse `charts=` of a link. Invalid parts are ignored, so that a damaged link still shows the default charts. */
export function parseCharts(link: string | null): ChartsState {
  if (!link) return noChanges;
  let value: unknown;
  try {
    value = JSON.parse(link);
  } catch {
    return noChanges;
  }
  if (!isRecord(value)) return noChanges;
  const edits = isRecord(value.edit) ? Object.entries(value.edit).slice(0, MOST) : [];
  return {
    edit: Object.fromEntries(edits.map(([key, change]) => [key, readChange(change)])),
    hide: texts(value.hide) ?? [],
    add: readAdded(value.add),
    order: texts(value.order) ?? [],
  };
}

/** Encode for a link; empty if all charts are the default ones. */
export function formatCharts(state: ChartsState): string {
  const ids = new Map(state.add.map((spec, at) => [spec.id, `+${at + 1}`]));
  const parts: Record<string, unknown> = {};
  if (Object.keys(state.edit).length) parts.edit = state.edit;
  if (state.hide.length) parts.hide = state.hide;
  if (state.add.length) parts.add = state.add.map((spec) => changesOf(spec, { ...defaultChart(''), y: [] }));
  if (state.order.length) parts.order = state.order.map((id) => ids.get(id) ?? id);
  return Object.keys(parts).length ? JSON.stringify(parts) : '';
}
