/** The rows of the run list as a tree: roots, and the children of each expanded run at any depth. Pure. */
import type { RunRow } from '../../api/schema';

export interface TreeRow {
  key: string;
  level: number;
  expanded: boolean;
  /** null: stands for children that are more than a page holds. */
  run: RunRow | null;
  /** How many children such a row stands for. */
  hidden: number;
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
    rows.push({ key: run.run_id, level, expanded: open, run, hidden: 0 });
    const below = open ? children.get(run.run_id) : undefined;
    if (!below) return;
    for (const child of below.runs) add(child, level + 1);
    const hidden = below.total - below.runs.length;
    if (hidden > 0) rows.push({ key: `${run.run_id} more`, level: level + 1, expanded: false, run: null, hidden });
  };
  for (const run of roots) add(run, 0);
  return rows;
}

export function flatRows(runs: RunRow[]): TreeRow[] {
  return runs.map((run) => ({ key: run.run_id, level: 0, expanded: false, run, hidden: 0 }));
}
