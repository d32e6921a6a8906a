/** A run for tests, with only what they name. */
import type { RunRow } from '../../api/schema';

export const exampleRun = (has: Partial<RunRow>): RunRow => ({
  run_id: '', experiment: '', name: '', status: 'FINISHED', user_id: '', client: '', start_time: 0, end_time: null, notebook: null,
  source: '', parent_run_id: null, metrics: {}, params: {}, tags: {}, versions: [], starred: false, note: '', children: 0, matches: true, extremes: {}, ...has,
});
