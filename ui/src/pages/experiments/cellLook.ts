/** What metric cells of the run list show beside their own run's values. Pure. */
import type { RunGroup, RunGroups, RunRow } from '../../api/schema';
import { lessIsBetter, type Directions } from '../../lib/metricOrder';

export interface CellLook {
  /** The best value of each metric over all runs that the filter matches. */
  best: Map<string, number>;
  baseline: RunRow | undefined;
  /** Which values of metrics are better, as somebody said. */
  directions: Directions;
  /** All runs below each run, at any depth. */
  below: Map<string, RunGroup>;
}

/** Values alone. */
export const NO_LOOK: CellLook = { best: new Map(), baseline: undefined, directions: {}, below: new Map() };

/** From the one group that holds all runs; nothing is best where all are equal. */
export function bestValues(all: RunGroups | undefined, directions: Directions): Map<string, number> {
  const best = new Map<string, number>();
  for (const [key, { min, max }] of Object.entries(all?.groups[0]?.metrics ?? {})) {
    const value = lessIsBetter(key, directions) ? min : max;
    if (value !== null && min !== max) best.set(key, value);
  }
  return best;
}

/** The best mean among groups. */
export function bestMeans(groups: RunGroups | undefined, directions: Directions): Map<string, number> {
  const best = new Map<string, number>();
  const seen = new Map<string, number[]>();
  for (const group of groups?.groups ?? []) {
    for (const [key, { mean }] of Object.entries(group.metrics)) if (mean !== null) seen.set(key, [...(seen.get(key) ?? []), mean]);
  }
  for (const [key, means] of seen) {
    const [least, most] = [Math.min(...means), Math.max(...means)];
    if (least !== most) best.set(key, lessIsBetter(key, directions) ? least : most);
  }
  return best;
}

/** From the groups by the runs above. */
export function groupsBelow(byAncestor: RunGroups | undefined): Map<string, RunGroup> {
  return new Map((byAncestor?.groups ?? []).flatMap((group) => (group.values[0] ? [[group.values[0], group] as const] : [])));
}
