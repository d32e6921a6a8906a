/** The rows of the run list as a tree: roots or groups, and the runs below each expanded one at any depth. Pure. */
import type { RunGroup, RunRow } from '../../api/schema';

export interface TreeRow {
  key: string;
  level: number;
  expanded: boolean;
  /** null: a group, or what stands for children that are more than a page holds. */
  run: RunRow | null;
  group: RunGroup | null;
  /** How many children such a row stands for. */
  hidden: number;
  /** Whether rows can be shown below it. */
  branch: boolean;
  /** A run at the top of the list, which also stands in its own place. */
  pinned?: boolean;
}

interface Children {
  runs: RunRow[];
  total: number;
}

/** Each run appears once in the tree, which also stops cycles of parents. */
export function treeRows(roots: RunRow[], expanded: ReadonlySet<string>, children: ReadonlyMap<string, Children>): TreeRow[] {
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const add = (run: RunRow, level: number) => {
    if (seen.has(run.run_id)) return;
    seen.add(run.run_id);
    const open = expanded.has(run.run_id);
    rows.push({ key: run.run_id, level, expanded: open, run, group: null, hidden: 0, branch: run.children > 0 });
    const below = open ? children.get(run.run_id) : undefined;
    if (!below) return;
    for (const child of below.runs) add(child, level + 1);
    const hidden = below.total - below.runs.length;
    if (hidden > 0) rows.push({ key: `${run.run_id} more`, level: level + 1, expanded: false, run: null, group: null, hidden, branch: false });
  };
  for (const run of roots) add(run, 0);
  return rows;
}

/** Runs that match a filter below the runs above them, all open but those that are `closed`; each run appears once. */
export function filteredRows(matches: RunRow[], ancestors: RunRow[], closed: ReadonlySet<string>): TreeRow[] {
  const known = new Map([...ancestors, ...matches].map((run) => [run.run_id, run]));
  const below = new Map<string, RunRow[]>();
  const roots: RunRow[] = [];
  const placed = new Set<string>();
  const place = (start: RunRow) => {
    for (let run: RunRow | undefined = start; run && !placed.has(run.run_id); ) {
      placed.add(run.run_id);
      const parent: RunRow | undefined = run.parent_run_id === run.run_id ? undefined : known.get(run.parent_run_id ?? '');
      if (parent) below.set(parent.run_id, [...(below.get(parent.run_id) ?? []), run]);
      else roots.push(run);
      run = parent;
    }
  };
  matches.forEach(place);
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const add = (run: RunRow, level: number, shown: boolean) => {
    if (seen.has(run.run_id)) return;
    seen.add(run.run_id);
    const children = below.get(run.run_id) ?? [];
    const open = children.length > 0 && !closed.has(run.run_id);
    if (shown) rows.push({ key: run.run_id, level, expanded: open, run, group: null, hidden: 0, branch: children.length > 0 });
    for (const child of children) add(child, level + 1, shown && open);
  };
  for (const run of roots) add(run, 0, true);
  for (const run of matches) add(run, 0, true); // parents that name each other have no root
  return rows;
}

export function pinnedRows(runs: RunRow[]): TreeRow[] {
  return runs.map((run) => ({ key: `${run.run_id} pinned`, level: 0, expanded: false, run, group: null, hidden: 0, branch: false, pinned: true }));
}

export function flatRows(runs: RunRow[]): TreeRow[] {
  return runs.map((run) => ({ key: run.run_id, level: 0, expanded: false, run, group: null, hidden: 0, branch: false }));
}

/** What tells one group from the others. */
export function groupKey(group: RunGroup): string {
  return JSON.stringify(group.values);
}

/** The fields of a group as the server takes them: `params.depth=5`, or `params.depth` for runs without it. */
export function groupMembers(fields: string[], group: RunGroup): string[] {
  return fields.map((field, at) => {
    const value = group.values[at];
    return value === null || value === undefined ? field : `${field}=${value}`;
  });
}

export function groupRows(groups: RunGroup[], expanded: ReadonlySet<string>, runs: ReadonlyMap<string, Children>): TreeRow[] {
  return groups.flatMap((group): TreeRow[] => {
    const key = groupKey(group);
    const open = expanded.has(key);
    const head: TreeRow = { key, level: 0, expanded: open, run: null, group, hidden: 0, branch: true };
    const below = open ? runs.get(key) : undefined;
    if (!below) return [head];
    const hidden = below.total - below.runs.length;
    return [
      head,
      ...below.runs.map((run): TreeRow => ({ key: `${key} ${run.run_id}`, level: 1, expanded: false, run, group: null, hidden: 0, branch: false })),
      ...(hidden > 0 ? [{ key: `${key} more`, level: 1, expanded: false, run: null, group: null, hidden, branch: false }] : []),
    ];
  });
}

/** Groups in an order: by the mean of a metric, by the value of a field, else as they come, the largest first. */
export function sortGroups(groups: RunGroup[], fields: string[], order: { field: string; down: boolean }): RunGroup[] {
  const metric = /^metrics\.(.+)$/.exec(order.field)?.[1];
  const at = fields.indexOf(order.field);
  if (!metric && at < 0) return groups;
  const sign = order.down ? -1 : 1;
  const missing = (group: RunGroup) => (metric ? (group.metrics[metric]?.mean ?? null) : (group.values[at] ?? null)) === null;
  return [...groups].sort((a, b) => {
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    if (metric) return sign * ((a.metrics[metric]?.mean ?? 0) - (b.metrics[metric]?.mean ?? 0));
    return sign * (a.values[at] ?? '').localeCompare(b.values[at] ?? '', undefined, { numeric: true });
  });
}
