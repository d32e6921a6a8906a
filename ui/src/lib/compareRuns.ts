/** Compare runs: one line per param or metric, with each value's difference from a baseline. Pure. */

import { isInfinite } from './format';

interface ComparedRun {
  metrics: Record<string, number | null>;
  params: Record<string, string>;
}

export interface CompareLine {
  kind: 'params' | 'metrics' | 'head';
  key: string;
  /** Whether the runs have different values, or some have none. */
  differs: boolean;
}

function keysOf(runs: ComparedRun[], kind: 'params' | 'metrics'): string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort();
}

/** Params, then metrics, each with a heading; `differing` omits those with the same value in every run. */
export function compareLines(runs: ComparedRun[], differing: boolean, wanted: (key: string) => boolean = () => true): CompareLine[] {
  return (['params', 'metrics'] as const).flatMap((kind): CompareLine[] => {
    const lines = keysOf(runs, kind)
      .filter(wanted)
      .map((key): CompareLine => ({ kind, key, differs: new Set(runs.map((run) => (key in run[kind] ? String(run[kind][key]) : undefined))).size > 1 }))
      .filter((line) => line.differs || !differing);
    return lines.length ? [{ kind: 'head', key: kind, differs: false }, ...lines] : [];
  });
}

/** Difference of a value from the baseline's; null if either is not a number. */
export function deltaOf(value: number | null | undefined, baseline: number | null | undefined): number | null {
  if (value === null || value === undefined || baseline === null || baseline === undefined) return null;
  return isInfinite(value) || isInfinite(baseline) ? null : value - baseline;
}

/** The best of these values, or null if there are fewer than two different ones. */
export function bestOf(values: (number | null | undefined)[], less: boolean): number | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (new Set(known).size < 2) return null;
  return known.reduce((a, b) => (less ? Math.min(a, b) : Math.max(a, b)));
}
