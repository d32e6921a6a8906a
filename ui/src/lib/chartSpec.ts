/** The specification of a chart in the comparison pane, and changes to the list of charts. */

export const chartTypes = ['bar', 'line', 'area', 'scatter', 'box', 'parallel', 'contour'] as const;
export const chartScales = ['linear', 'log'] as const;
export const chartAggregations = ['last', 'min', 'max', 'mean'] as const;
export const chartOrders = ['runs', 'up', 'down'] as const;
export const historyAxes = ['step', 'time', 'relative'] as const;
/** The axes that need no key of a param or metric. */
export const plainAxes = ['run', 'start', ...historyAxes] as const;

export type ChartType = (typeof chartTypes)[number];

/** Defaults of all curves on a page. */
export interface CurveLook {
  axis: (typeof historyAxes)[number];
  log: boolean;
  /** Smoothing factor of the exponential moving average, 0 (none) to 1. */
  smooth: number;
}

export const plainCurves: CurveLook = { axis: 'step', log: false, smooth: 0 };

export interface ChartSpec {
  /** The metric's key for a default chart; `+1`, `+2` ... for added ones. */
  id: string;
  /** Empty: named after the metrics it shows. */
  title: string;
  type: ChartType;
  /** `run`, `start`, `step`, `time`, `relative`, `params.<key>` or `metrics.<key>`. */
  x: string;
  /** Keys of metrics. */
  y: string[];
  /** Keys of params: further axes of parallel coordinates, or the two axes of a contour. */
  params: string[];
  /** `auto`, `run` or `params.<key>`. */
  by: string;
  scale: (typeof chartScales)[number];
  agg: (typeof chartAggregations)[number];
  /** The order of categories: as the runs come, or by value. */
  sort: (typeof chartOrders)[number];
  /** Smoothing of curves, 0 to 0.99. */
  smooth: number;
}

export type ChartChange = Partial<Omit<ChartSpec, 'id'>>;

/** Differences from the default charts, of which there is one per metric. */
export interface ChartsState {
  edit: Record<string, ChartChange>;
  hide: string[];
  add: ChartSpec[];
  /** Ids that were moved to the front, in order. */
  order: string[];
}

export const noChanges: ChartsState = { edit: {}, hide: [], add: [], order: [] };

const BLANK: Omit<ChartSpec, 'id' | 'y'> = {
  title: '', type: 'bar', x: 'run', params: [], by: 'auto', scale: 'linear', agg: 'last', sort: 'runs', smooth: 0,
};

export function defaultChart(metric: string): ChartSpec {
  return { ...BLANK, id: metric, y: [metric] };
}

/** A line chart if any run has logged the metric more than once, otherwise a bar chart of the last value. */
export function suggestedChart(metric: string, stepped: ReadonlySet<string>, look: CurveLook = plainCurves): ChartSpec {
  if (!stepped.has(metric)) return defaultChart(metric);
  // The steps of MLflow's system metrics only count its samples.
  const x = look.axis === 'step' && metric.startsWith('system/') ? 'relative' : look.axis;
  return { ...defaultChart(metric), type: 'line', x, scale: look.log ? 'log' : 'linear', smooth: look.smooth };
}

export function overHistory(spec: Pick<ChartSpec, 'x' | 'type'>): boolean {
  if (spec.type === 'parallel' || spec.type === 'contour') return false;
  return historyAxes.some((axis) => axis === spec.x) || (spec.type === 'box' && spec.x === 'run');
}

/** The key behind `params.x` or `metrics.x`. */
export function axisKey(axis: string, kind: 'params' | 'metrics'): string | null {
  return axis.startsWith(`${kind}.`) ? axis.slice(kind.length + 1) : null;
}

/** The charts to draw: moved ones first, then one per metric with its changes, then added ones. */
export function chartsOf(state: ChartsState, metrics: string[], stepped: ReadonlySet<string> = new Set(), look: CurveLook = plainCurves): ChartSpec[] {
  const hidden = new Set(state.hide);
  const own = metrics
    .filter((metric) => !hidden.has(metric))
    .map((metric) => ({ ...suggestedChart(metric, stepped, look), ...state.edit[metric] }));
  const all = [...own, ...state.add];
  const places = new Map(state.order.map((id, at) => [id, at]));
  const place = (spec: ChartSpec) => places.get(spec.id) ?? state.order.length;
  return all
    .map((spec, at) => ({ spec, at }))
    .sort((a, b) => place(a.spec) - place(b.spec) || a.at - b.at)
    .map(({ spec }) => spec);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const FIELDS = ['title', 'type', 'x', 'y', 'params', 'by', 'scale', 'agg', 'sort', 'smooth'] as const;

/** The fields that differ from the default chart. */
export function changesOf(spec: ChartSpec, origin: ChartSpec): ChartChange {
  return Object.fromEntries(FIELDS.filter((field) => !same(spec[field], origin[field])).map((field) => [field, spec[field]]));
}

/** `origin` is the default chart. */
export function replaceChart(state: ChartsState, spec: ChartSpec, origin = defaultChart(spec.id)): ChartsState {
  if (spec.id.startsWith('+')) {
    return { ...state, add: state.add.map((one) => (one.id === spec.id ? spec : one)) };
  }
  const { [spec.id]: _old, ...others } = state.edit;
  const change = changesOf(spec, origin);
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
