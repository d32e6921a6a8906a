/** The state of an experiment's page in the URL. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { formatCharts, parseCharts } from '../../lib/chartLink';
import { historyAxes, plainCurves, type ChartsState, type CurveLook } from '../../lib/chartSpec';

export interface Order {
  field: string;
  down: boolean;
}

export const runTabs = ['overview', 'metrics', 'artifacts', 'models', 'traces', 'system', 'comments'] as const;
export type RunTab = (typeof runTabs)[number];

/** What runs are compared by: params and metrics, their files, or their code. */
export const sides = ['table', 'files', 'code'] as const;
export type Side = (typeof sides)[number];

/** The side with this name; any other is the table. */
export function sideNamed(name: string | null): Side {
  return sides.find((side) => side === name) ?? 'table';
}

export interface ExperimentState {
  view: 'list' | 'details' | 'compare' | 'traces';
  filter: string;
  order: Order;
  /** What runs are ordered by that are equal in `order`. */
  then: Order[];
  /** null: the columns that the experiment's runs suggest. */
  columns: string[] | null;
  picked: string[];
  /** Ticked runs that no chart draws. */
  hidden: string[];
  /** The run that the others' metrics are compared with; empty: none. */
  baseline: string;
  /** Fields that runs are grouped by: `params.depth`, `parent` ... */
  group: string[];
  /** The saved view that the page was opened as. */
  saved: string;
  charts: ChartsState;
  /** How curves are drawn. */
  curves: CurveLook;
  /** Nested runs among the others instead of below their parents. */
  flat: boolean;
  /** The run of the details view, and its tab. */
  run: string;
  tab: RunTab;
  /** What of the picked runs stands side by side. */
  side: Side;
  /** The compared file, and the two runs whose texts are compared. */
  file: string;
  pair: string;
}

/** As many fields as the server groups by. */
export const MOST_GROUPS = 3;
export const newestFirst: Order = { field: 'start_time', down: true };

function list(text: string | null): string[] {
  return text ? text.split(',').filter(Boolean) : [];
}

function runIds(text: string | null): string[] {
  return [...new Set(list(text))].filter((id) => /^[\w-]+$/.test(id));
}

export function parseOrder(text: string | null): Order {
  if (!text) return newestFirst;
  return text.startsWith('-') ? { field: text.slice(1), down: true } : { field: text, down: false };
}

export function formatOrder(order: Order): string {
  const text = `${order.down ? '-' : ''}${order.field}`;
  return text === '-start_time' ? '' : text;
}

/** Several fields, parted by commas. */
export function formatOrders(order: Order, then: Order[]): string {
  if (!then.length) return formatOrder(order);
  return [order, ...then].map((one) => `${one.down ? '-' : ''}${one.field}`).join(',');
}

const views = ['list', 'details', 'compare', 'traces'] as const;

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
    order: parseOrder(list(search.get('order'))[0] ?? null),
    then: list(search.get('order')).slice(1).map(parseOrder),
    columns: columns === null ? null : list(columns),
    picked: runIds(search.get('runs')),
    hidden: runIds(search.get('hidden')),
    baseline: runIds(search.get('baseline'))[0] ?? '',
    group: list(search.get('group')).slice(0, MOST_GROUPS),
    saved: search.get('saved') ?? '',
    charts: parseCharts(search.get('charts')),
    curves: parseCurves(search.get('curves')),
    flat: search.get('flat') === '1',
    run: search.get('run') ?? '',
    tab: runTabs.find((tab) => tab === search.get('tab')) ?? 'overview',
    side: sideNamed(search.get('side')),
    file: search.get('file') ?? '',
    pair: search.get('pair') ?? '',
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
  if (change.order) put('order', formatOrders(change.order, change.then ?? []) || null);
  if (change.columns !== undefined) put('columns', change.columns === null ? null : change.columns.join(','));
  if (change.picked) put('runs', change.picked.join(',') || null);
  if (change.hidden) put('hidden', change.hidden.join(',') || null);
  if (change.baseline !== undefined) put('baseline', change.baseline || null);
  if (change.group) put('group', change.group.join(',') || null);
  if (change.saved !== undefined) put('saved', change.saved || null);
  if (change.charts) put('charts', formatCharts(change.charts) || null);
  if (change.curves) put('curves', formatCurves(change.curves) || null);
  if (change.flat !== undefined) put('flat', change.flat ? '1' : null);
  if (change.run !== undefined) put('run', change.run || null);
  if (change.tab !== undefined) put('tab', change.tab === 'overview' ? null : change.tab || null);
  if (change.side) put('side', change.side === 'table' ? null : change.side);
  if (change.file !== undefined) put('file', change.file || null);
  if (change.pair !== undefined) put('pair', change.pair || null);
  return next;
}

/** The state in the address as it is now; while charts are being drawn, what was rendered last may be a click behind. */
export function stateNow(): ExperimentState {
  return readState(new URLSearchParams(window.location.search));
}

export type ChangeState = (change: Partial<ExperimentState>, options?: { replace?: boolean }) => void;

/** Read the state, change it (a new entry in the browser's history unless `replace`), and make links to it. */
export function useExperimentState() {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(() => readState(search), [search]);
  const change = useCallback<ChangeState>(
    // From the address itself, as in `stateNow`.
    (part, options) => setSearch(writeState(new URLSearchParams(window.location.search), part), { replace: options?.replace ?? false }),
    [setSearch],
  );
  const link = useCallback((part: Partial<ExperimentState>) => `?${writeState(search, part).toString()}`, [search]);
  return { state, change, link };
}
