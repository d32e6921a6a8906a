/** The histories that a chart needs; none for charts of last values. */
import { usePlacedHistories } from '../../api/metrics';
import type { MetricSeries, RunRow } from '../../api/schema';
import { overHistory, type ChartSpec } from '../../lib/chartSpec';

const NONE: MetricSeries[] = [];

/** The workspace of all runs, or of each by its id. */
export type RunPlaces = string | Map<string, string>;

/** The runs of each workspace, in the order of the runs. */
function byWorkspace(places: RunPlaces, runs: RunRow[]): { workspace: string; runs: string[] }[] {
  const found = new Map<string, string[]>();
  for (const { run_id: id } of runs) {
    const workspace = typeof places === 'string' ? places : (places.get(id) ?? '');
    found.set(workspace, [...(found.get(workspace) ?? []), id]);
  }
  return [...found].map(([workspace, ids]) => ({ workspace, runs: ids }));
}

export function useSpecHistories(places: RunPlaces, spec: ChartSpec, runs: RunRow[], points: number) {
  const needed = overHistory(spec);
  const { data, isPending } = usePlacedHistories(needed ? byWorkspace(places, runs) : [], spec.y, points);
  return { histories: needed ? data : NONE, loading: needed && isPending };
}
