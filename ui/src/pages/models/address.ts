/** The state of a model's page in its address: the view, the version, and what is compared. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { ComparedPlace } from '../compare/ComparedSides';
import { sideNamed } from '../experiments/address';

const VIEWS = ['version', 'table', 'compare'] as const;
type ModelTab = (typeof VIEWS)[number];

/** The tab with this name; any other is the first. */
export function modelTab(name: unknown): ModelTab {
  return VIEWS.find((view) => view === name) ?? 'version';
}

export interface ModelState extends ComparedPlace {
  view: ModelTab;
  /** null: the newest. */
  version: number | null;
  picked: number[];
  /** Shown metrics of the table; null: chosen by the page. */
  metrics: string[] | null;
  baseline: string;
  /** The metric in the list of versions; empty: the main one. */
  metric: string;
}

function list(text: string | null): string[] {
  return text ? text.split(',').filter(Boolean) : [];
}

function numbers(text: string | null): number[] {
  return [...new Set(list(text).map(Number))].filter((one) => Number.isSafeInteger(one) && one > 0);
}

/** Keys of metrics hold no commas, so a comma parts them. */
export function readModelState(search: URLSearchParams): ModelState {
  const metrics = search.get('metrics');
  return {
    view: modelTab(search.get('view')),
    version: numbers(search.get('version'))[0] ?? null,
    picked: numbers(search.get('versions')),
    metrics: metrics === null ? null : list(metrics),
    baseline: search.get('baseline') ?? '',
    metric: search.get('metric') ?? '',
    side: sideNamed(search.get('side')),
    file: search.get('file') ?? '',
    pair: search.get('pair') ?? '',
  };
}

export function writeModelState(search: URLSearchParams, change: Partial<ModelState>): URLSearchParams {
  const next = new URLSearchParams(search);
  const put = (key: string, value: string | null) => (value === null ? next.delete(key) : next.set(key, value));
  if (change.view) put('view', change.view === 'version' ? null : change.view);
  if (change.version !== undefined) put('version', change.version === null ? null : String(change.version));
  if (change.picked) put('versions', change.picked.join(',') || null);
  if (change.metrics !== undefined) put('metrics', change.metrics === null ? null : change.metrics.join(','));
  if (change.baseline !== undefined) put('baseline', change.baseline || null);
  if (change.metric !== undefined) put('metric', change.metric || null);
  if (change.side) put('side', change.side === 'table' ? null : change.side);
  if (change.file !== undefined) put('file', change.file || null);
  if (change.pair !== undefined) put('pair', change.pair || null);
  return next;
}

/** The state in the address as it is now; what was rendered last may be a click behind. */
export function modelStateNow(): ModelState {
  return readModelState(new URLSearchParams(window.location.search));
}

export type ChangeModelState = (change: Partial<ModelState>, replace?: boolean) => void;

export function useModelState() {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(() => readModelState(search), [search]);
  const change = useCallback<ChangeModelState>(
    (part, replace = false) => setSearch(writeModelState(new URLSearchParams(window.location.search), part), { replace }),
    [setSearch],
  );
  const link = useCallback((part: Partial<ModelState>) => `?${writeModelState(search, part).toString()}`, [search]);
  return { state, change, link };
}
