/** What a chart of the comparison pane shows, and how a list of charts is written into a link. */

export const chartTypes = ['bar', 'line', 'area', 'scatter', 'box', 'parallel'] as const;
export const chartScales = ['linear', 'log'] as const;
export const chartAggregations = ['last', 'min', 'max', 'mean'] as const;
export const chartOrders = ['runs', 'up', 'down'] as const;
export const historyAxes = ['step', 'time', 'relative'] as const;

export type ChartType = (typeof chartTypes)[number];

export interface ChartSpec {
  /** The metric's key for the chart that stands by itself, `+1`, `+2` ... for added ones. */
  id: string;
  /** Empty: named after the metrics it shows. */
  title: string;
  type: ChartType;
  /** `run`, `start`, `step`, `time`, `relative`, `params.<key>` or `metrics.<key>`. */
  x: string;
  /** Keys of metrics. */
  y: string[];
  /** Keys of params: further axes of parallel coordinates. */
  params: string[];
  /** `auto`, `run` or `params.<key>`. */
  by: string;
  scale: (typeof chartScales)[number];
  agg: (typeof chartAggregations)[number];
  /** The order of categories: as the runs come, or by value. */
  sort: (typeof chartOrders)[number];
}

export type ChartChange = Partial<Omit<ChartSpec, 'id'>>;

/** How the charts differ from "one bar chart a metric, by run name". */
export interface ChartsState {
  edit: Record<string, ChartChange>;
  hide: string[];
  add: ChartSpec[];
  /** Ids that were moved to the front, in order. */
  order: string[];
}

export const noChanges: ChartsState = { edit: {}, hide: [], add: [], order: [] };

const BLANK: Omit<ChartSpec, 'id' | 'y'> = {
  title: '', type: 'bar', x: 'run', params: [], by: 'auto', scale: 'linear', agg: 'last', sort: 'runs',
};

export function defaultChart(metric: string): ChartSpec {
  return { ...BLANK, id: metric, y: [metric] };
}

export function overHistory(spec: Pick<ChartSpec, 'x' | 'type'>): boolean {
  if (spec.type === 'parallel') return false;
  return historyAxes.some((axis) => axis === spec.x) || (spec.type === 'box' && spec.x === 'run');
}

/** The key behind `params.x` or `metrics.x`. */
export function axisKey(axis: string, kind: 'params' | 'metrics'): string | null {
  return axis.startsWith(`${kind}.`) ? axis.slice(kind.length + 1) : null;
}

/** The charts to draw: one a metric with its changes, then the added ones, moved ones first. */
export function chartsOf(state: ChartsState, metrics: string[]): ChartSpec[] {
  const own = metrics
    .filter((metric) => !state.hide.includes(metric))
    .map((metric) => ({ ...defaultChart(metric), ...state.edit[metric] }));
  const all = [...own, ...state.add];
  const place = (spec: ChartSpec) => {
    const at = state.order.indexOf(spec.id);
    return at < 0 ? state.order.length : at;
  };
  return all
    .map((spec, at) => ({ spec, at }))
    .sort((a, b) => place(a.spec) - place(b.spec) || a.at - b.at)
    .map(({ spec }) => spec);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const FIELDS = ['title', 'type', 'x', 'y', 'params', 'by', 'scale', 'agg', 'sort'] as const;

/** Only what differs from the chart that would stand there by itself. */
export function changesOf(spec: ChartSpec, origin: ChartSpec): ChartChange {
  return Object.fromEntries(FIELDS.filter((field) => !same(spec[field], origin[field])).map((field) => [field, spec[field]]));
}

export function replaceChart(state: ChartsState, spec: ChartSpec): ChartsState {
  if (spec.id.startsWith('+')) {
    return { ...state, add: state.add.map((one) => (one.id === spec.id ? spec : one)) };
  }
  const { [spec.id]: _old, ...others } = state.edit;
  const change = changesOf(spec, defaultChart(spec.id));
  return { ...state, edit: Object.keys(change).length ? { ...others, [spec.id]: change } : others };
}

export function addChart(state: ChartsState, spec: Omit<ChartSpec, 'id'>): ChartsState {
  const last = Math.max(0, ...state.add.map((one) => Number(one.id.slice(1)) || 0));
  return { ...state, add: [...state.add, { ...spec, id: `+${last + 1}` }] };
}

export function removeChart(state: ChartsState, id: string): ChartsState {
  const order = state.order.filter((one) => one !== id);
  if (id.startsWith('+')) return { ...state, order, add: state.add.filter((one) => one.id !== id) };
  const { [id]: _old, ...edit } = state.edit;
  return { ...state, order, edit, hide: [...state.hide, id] };
}

/** Move a chart by `by` places among those on screen. */
export function moveChart(state: ChartsState, shown: string[], id: string, by: number): ChartsState {
  const order = shown.filter((one) => one !== id);
  const at = Math.min(order.length, Math.max(0, shown.indexOf(id) + by));
  order.splice(at, 0, id);
  return { ...state, order };
}
