/** The state of an experiment's page in the URL. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { formatCharts, parseCharts } from '../../lib/chartLink';
import { historyAxes, plainCurves, type ChartsState, type CurveLook } from '../../lib/chartSpec';

export interface Order {
  field: string;
  down: boolean;
}

export const runTabs = ['overview', 'metrics', 'artifacts', 'models', 'system'] as const;
export type RunTab = (typeof runTabs)[number];

export interface ExperimentState {
  view: 'list' | 'details' | 'compare';
  filter: string;
  order: Order;
  /** null: the columns that the experiment's runs suggest. */
  columns: string[] | null;
  picked: string[];
  charts: ChartsState;
  /** How curves are drawn. */
  curves: CurveLook;
  /** Nested runs among the others instead of below their parents. */
  flat: boolean;
  /** The run of the details view, and its tab. */
  run: string;
  tab: RunTab;
}

export const newestFirst: Order = { field: 'start_time', down: true };

function list(text: string | null): string[] {
  return text ? text.split(',').filter(Boolean) : [];
}

export function parseOrder(text: string | null): Order {
  if (!text) return newestFirst;
  return text.startsWith('-') ? { field: text.slice(1), down: true } : { field: text, down: false };
}

export function formatOrder(order: Order): string {
  const text = `${order.down ? '-' : ''}${order.field}`;
  return text === '-start_time' ? '' : text;
}

const views = ['list', 'details', 'compare'] as const;

/** "relative,log,0.6": differences from the default curve settings. */
export function parseCurves(text: string | null): CurveLook {
  const parts = list(text);
  const smooth = Number(parts.find((part) => /^0\.\d+$/.test(part)) ?? 0);
  return { axis: historyAxes.find((axis) => parts.includes(axis)) ?? 'step', log: parts.includes('log'), smooth: Math.min(0.95, smooth) };
}

export function formatCurves(look: CurveLook): string {
  return [look.axis === plainCurves.axis ? '' : look.axis, look.log ? 'log' : '', look.smooth ? String(look.smooth) : ''].filter(Boolean).join(',');
}

/** Keys of metrics and params hold no commas, so a comma parts them. Run ids are letters and digits; others are left out. */
export function readState(search: URLSearchParams): ExperimentState {
  const columns = search.get('columns');
  return {
    view: views.find((view) => view === search.get('view')) ?? 'list',
    filter: search.get('filter') ?? '',
    order: parseOrder(search.get('order')),
    columns: columns === null ? null : list(columns),
    picked: [...new Set(list(search.get('runs')))].filter((id) => /^[\w-]+$/.test(id)),
    charts: parseCharts(search.get('charts')),
    curves: parseCurves(search.get('curves')),
    flat: search.get('flat') === '1',
    run: search.get('run') ?? '',
    tab: runTabs.find((tab) => tab === search.get('tab')) ?? 'overview',
  };
}

/** The URL's search with this change; default values are omitted. */
export function writeState(search: URLSearchParams, change: Partial<ExperimentState>): URLSearchParams {
  const next = new URLSearchParams(search);
  const put = (key: string, value: string | null) => {
    if (value === null) next.delete(key);
    else next.set(key, value);
  };
  if (change.view) put('view', change.view === 'list' ? null : change.view);
  if (change.filter !== undefined) put('filter', change.filter || null);
  if (change.order) put('order', formatOrder(change.order) || null);
  if (change.columns !== undefined) put('columns', change.columns === null ? null : change.columns.join(','));
  if (change.picked) put('runs', change.picked.join(',') || null);
  if (change.charts) put('charts', formatCharts(change.charts) || null);
  if (change.curves) put('curves', formatCurves(change.curves) || null);
  if (change.flat !== undefined) put('flat', change.flat ? '1' : null);
  if (change.run !== undefined) put('run', change.run || null);
  if (change.tab !== undefined) put('tab', change.tab === 'overview' ? null : change.tab || null);
  return next;
}

export type ChangeState = (change: Partial<ExperimentState>, options?: { replace?: boolean }) => void;

/** Read the state, change it (a new entry in the browser's history unless `replace`), and make links to it. */
export function useExperimentState() {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(() => readState(search), [search]);
  const change = useCallback<ChangeState>(
    (part, options) => setSearch((now) => writeState(now, part), { replace: options?.replace ?? false }),
    [setSearch],
  );
  const link = useCallback((part: Partial<ExperimentState>) => `?${writeState(search, part).toString()}`, [search]);
  return { state, change, link };
}
