/** The histories that a chart needs; none for charts of last values. */
import { useHistories } from '../../api/metrics';
import type { MetricSeries, RunRow } from '../../api/schema';
import { overHistory, type ChartSpec } from '../../lib/chartSpec';

const NONE: MetricSeries[] = [];

export function useSpecHistories(workspace: string, spec: ChartSpec, runs: RunRow[], points: number) {
  const needed = overHistory(spec);
  const ids = runs.map((run) => run.run_id);
  const { data, isPending } = useHistories(workspace, needed ? ids : [], spec.y, points);
  return { histories: (needed ? data : undefined) ?? NONE, loading: needed && isPending };
}
