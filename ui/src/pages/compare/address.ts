/** Runs of any experiments and workspaces in an address: `runs=<workspace>/<experiment>:<run>,<run>`, once for each experiment. Pure. */

export interface Pick {
  workspace: string;
  experiment: string;
  run: string;
}

export interface PickedExperiment {
  workspace: string;
  experiment: string;
  runs: string[];
}

/** Maximum number of runs in a comparison: columns that a person can still read, and a link that every program takes. */
export const MOST_COMPARED = 100;

const PLACE = /^([\w-]{1,64})\/([\w-]{1,64}):([\w,-]+)$/;

/** The picked runs in the order of the address; what is malformed is left out. */
export function readPicks(search: URLSearchParams): Pick[] {
  const seen = new Set<string>();
  const picks = search.getAll('runs').flatMap((text) => {
    const [, workspace = '', experiment = '', runs = ''] = PLACE.exec(text) ?? [];
    return runs.split(',').flatMap((run): Pick[] => {
      if (!run || seen.has(run)) return [];
      seen.add(run);
      return [{ workspace, experiment, run }];
    });
  });
  return picks.slice(0, MOST_COMPARED);
}

/** The picks in the address as it is now; what was rendered last may be a click behind. */
export function picksNow(): Pick[] {
  return readPicks(new URLSearchParams(window.location.search));
}

/** The picks of each experiment, in the order of their first runs. */
export function byExperiment(picks: Pick[]): PickedExperiment[] {
  const found = new Map<string, PickedExperiment>();
  for (const { workspace, experiment, run } of picks) {
    const key = `${workspace}/${experiment}`;
    const one = found.get(key) ?? { workspace, experiment, runs: [] };
    one.runs.push(run);
    found.set(key, one);
  }
  return [...found.values()];
}

export function writePicks(search: URLSearchParams, picks: Pick[]): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete('runs');
  for (const { workspace, experiment, runs } of byExperiment(picks)) next.append('runs', `${workspace}/${experiment}:${runs.join(',')}`);
  return next;
}

/** The address of the comparison of these runs. */
export function picksPath(picks: Pick[]): string {
  return `/compare?${writePicks(new URLSearchParams(), picks).toString()}`;
}

/** The comparison of these runs of one experiment, to which runs of others can be added. */
export function comparePath(workspace: string, experiment: string, runs: string[]): string {
  return picksPath(runs.map((run) => ({ workspace, experiment, run })));
}
