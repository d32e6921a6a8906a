/** The rows of the run list: pages of runs, roots with the children of those that are open, or groups with their runs. */
import { useCallback, useMemo, useState } from 'react';
import { useChildRuns, useGroupRuns, usePinnedRuns, useRunGroups, useRunPages, useRunTotal, type RunShape } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { orderText } from '../../lib/filterText';
import type { ExperimentState } from './address';
import { bestMeans, bestValues, groupsBelow, type CellLook } from './cellLook';
import { filteredRows, flatRows, groupKey, groupMembers, groupRows, pinnedRows, sortGroups, treeRows } from './tree';

const NO_RUNS: RunRow[] = [];
/** More runs than this are not searched for the best value of each metric. */
const MOST_WEIGHED = 50_000;

export function orderTexts({ order, then }: Pick<ExperimentState, 'order' | 'then'>): string[] {
  return [order, ...then].map((one) => orderText(one.field, one.down));
}

/** Which runs the list holds: all, or the roots of their tree; with a filter all that match, and those above them. */
export function shapeOf({ group, flat, filter }: Pick<ExperimentState, 'group' | 'flat' | 'filter'>, keys: ExperimentColumns): RunShape {
  if (group.length || !keys.nested || flat) return 'flat';
  return filter ? 'ancestors' : 'roots';
}

interface Asked {
  experiment: ExperimentView;
  state: ExperimentState;
  keys: ExperimentColumns;
  /** Ids of the columns on screen. */
  columns: string[];
  baseline: RunRow | undefined;
  /** Ids of the runs that stand at the top. */
  pinned: string[];
  ready: boolean;
}

export function useRunRows({ experiment, state, keys, columns, baseline, pinned, ready }: Asked) {
  const { id, workspace } = experiment;
  const { filter, group } = state;
  const order = useMemo(() => orderTexts(state), [state]);
  const metrics = useMemo(() => columns.flatMap((column) => (column.startsWith('metrics.') ? [column.slice('metrics.'.length)] : [])), [columns]);
  const grouped = group.length > 0;
  const shape = shapeOf(state, keys);
  const tree = shape !== 'flat';
  const filtered = shape === 'ancestors';
  const [expanded, setExpanded] = useState<string[]>([]);
  /** Closed rows of a filtered tree, which is open otherwise: who filters looks for what is below. */
  const [closed, setClosed] = useState<string[]>([]);
  const open = useMemo(() => new Set(expanded), [expanded]);

  const list = useRunPages(workspace, id, filter, order, columns, shape, ready && !grouped);
  const first = list.data?.pages[0];
  const counted = useRunTotal(workspace, id, filter, shape, !grouped && first?.total_is_exact === false && !list.isPlaceholderData);
  const children = useChildRuns(workspace, id, tree && !filtered ? expanded : [], order, columns);
  const groups = useRunGroups(workspace, id, filter, group, metrics, ready && grouped);
  const sorted = useMemo(() => sortGroups(groups.data?.groups ?? [], group, state.order), [groups.data, group, state.order]);
  const opened = useMemo(
    () => new Map(sorted.filter((one) => open.has(groupKey(one))).map((one) => [groupKey(one), groupMembers(group, one)])),
    [sorted, open, group],
  );
  const members = useGroupRuns(workspace, id, filter, opened, order, columns);

  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.runs) ?? NO_RUNS, [list.data]);
  const top = usePinnedRuns(workspace, id, pinned, columns);
  const found = useMemo(() => {
    if (grouped) return groupRows(sorted, open, members);
    if (filtered) return filteredRows(runs, list.data?.pages.flatMap((page) => page.ancestors) ?? NO_RUNS, new Set(closed));
    return tree ? treeRows(runs, open, children) : flatRows(runs);
  }, [grouped, sorted, open, members, filtered, list.data, closed, tree, runs, children]);
  const rows = useMemo(() => [...pinnedRows(top), ...found], [top, found]);
  const expand = useCallback(
    (key: string, wanted: boolean) => {
      const [set, listed] = filtered ? [setClosed, !wanted] : [setExpanded, wanted];
      set((old) => (listed ? [...old, key] : old.filter((one) => one !== key)));
    },
    [filtered],
  );

  // After the first rows, which wait for it otherwise.
  const weighed = (grouped ? groups : list).data !== undefined && metrics.length > 0 && experiment.run_count <= MOST_WEIGHED;
  const all = useRunGroups(workspace, id, filter, [], metrics, weighed && !grouped);
  const above = useRunGroups(workspace, id, '', ['ancestor'], metrics, weighed && tree);
  const look = useMemo(
    (): CellLook => ({
      best: grouped ? bestMeans(groups.data, keys.directions) : bestValues(all.data, keys.directions),
      baseline,
      directions: keys.directions,
      below: tree ? groupsBelow(above.data) : new Map(),
    }),
    [grouped, groups.data, all.data, above.data, tree, baseline, keys.directions],
  );
  const pages = counted ?? first?.total ?? 0;
  const total = grouped ? sorted.reduce((sum, one) => sum + one.runs, 0) : pages;
  return {
    tree,
    list,
    groups,
    rows,
    runs: grouped ? NO_RUNS : runs,
    look,
    expand,
    total,
    totalIsExact: grouped || counted !== undefined || first?.total_is_exact !== false,
    isPending: grouped ? groups.isPending : list.isPending,
    isSuccess: grouped ? groups.isSuccess : list.isSuccess,
    error: grouped ? groups.error : list.error,
    hasData: grouped ? groups.data !== undefined : list.data !== undefined,
    refetch: () => void (grouped ? groups.refetch() : list.refetch()),
    parentNames: groups.data?.names ?? {},
    /** Groups that there are beyond those that are shown. */
    moreGroups: grouped ? Math.max(0, (groups.data?.total ?? 0) - sorted.length) : 0,
    count: rows.length + (!grouped && list.hasNextPage ? Math.max(1, pages - runs.length) : 0),
    listKey: `${filter} ${order.join()} ${tree} ${group.join()}`,
  };
}
