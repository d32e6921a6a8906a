/** Queries and mutations of runs: pages of an experiment's list, selected runs, one run in detail. */
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { del, get, patch, path, post, put, type Query } from './client';
import type { ChangedTags, ChangeTags, CopiedRuns, CopyRuns, DeletedRuns, DeleteRuns, MovedRuns, MoveRuns, NotebookRuns, PutTag, RemoveTag, RenamedRuns, RenameRuns, RunDetail, RunGroups, RunPage, RunPath, RunRow, UpdateRun } from './schema';

const FIRST_PAGE = 100;
const NEXT_PAGE = 400;
/** Rows with more columns than this are long: what a window shows comes first. */
const MANY_COLUMNS = 100;
const FIRST_WIDE_PAGE = 30;
const NEXT_WIDE_PAGE = 100;
const MOST_CHILDREN = 1000;
const LARGE_PAGE = 1000;
/** As many metrics as the server aggregates at once. */
const MOST_AGGREGATED = 100;
/** With more keys of one kind than this, all are requested, because the length of a URL is limited. */
const MOST_KEYS = 60;
/** Maximum number of runs in a comparison. */
export const MOST_PICKED = 100;

export function searchRuns(workspace: string, experiment: string, query: Query, signal: AbortSignal) {
  return get<RunPage>(path`/workspaces/${workspace}/experiments/${experiment}/runs`, query, signal);
}

/** The `include` parameter for these columns; a whole kind where there are too many keys for a URL. */
export function includeOf(columns: string[]): string[] {
  const shown = ['metrics', 'params', 'tags'].flatMap((kind) => {
    const keys = columns.filter((id) => id.startsWith(`${kind}.`)).map((id) => id.slice(kind.length + 1));
    return keys.length > MOST_KEYS || keys.some((key) => key.includes('`')) ? [kind] : keys.map((key) => `${kind}.\`${key}\``);
  });
  return ['info', ...shown];
}

/** Which runs a page of the list holds: all that match; those without a parent; or all, with the runs above them. */
export type RunShape = 'flat' | 'roots' | 'ancestors';

/** What rows say of the least and greatest values that these columns show; of all metrics where there are too many for a URL. */
export function extremesOf(columns: string[]): { extremes: string[]; best_steps: string[] } {
  const keysIn = (pattern: RegExp) => columns.flatMap((id) => pattern.exec(id)?.[1] ?? []);
  const named = (keys: string[]) => (new Set(keys).size > MOST_KEYS ? ['*'] : [...new Set(keys)]);
  const steps = keysIn(/^step\((?:min|max)\(metrics\.(.+)\)\)$/);
  return { extremes: named([...keysIn(/^(?:min|max)\(metrics\.(.+)\)$/), ...steps]), best_steps: named(steps) };
}

/** The run list, page after page; `filter` and `order` in MLflow's grammar, `columns` are what rows show. */
export function runPagesQuery(workspace: string, experiment: string, filter: string, order: string[], columns: string[], shape: RunShape) {
  const include = includeOf(columns);
  const extremes = extremesOf(columns);
  const [first, next] = columns.length > MANY_COLUMNS ? [FIRST_WIDE_PAGE, NEXT_WIDE_PAGE] : [FIRST_PAGE, NEXT_PAGE];
  return infiniteQueryOptions({
    queryKey: ['run-pages', workspace, experiment, filter, order, include, extremes, shape],
    queryFn: ({ pageParam, signal }) =>
      searchRuns(
        workspace,
        experiment,
        {
          filter,
          order_by: order,
          include,
          ...extremes,
          limit: pageParam ? next : first,
          page_token: pageParam,
          ...(shape === 'flat' ? {} : { [shape]: true }),
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
  });
}

export function useRunPages(workspace: string, experiment: string, filter: string, order: string[], columns: string[], shape: RunShape, enabled = true) {
  return useInfiniteQuery({ ...runPagesQuery(workspace, experiment, filter, order, columns, shape), enabled, placeholderData: keepPreviousData });
}

/** The exact number of runs of a list whose first page has counted only some of them. */
export function useRunTotal(workspace: string, experiment: string, filter: string, shape: RunShape, enabled: boolean) {
  const roots = shape === 'roots';
  const { data } = useQuery({
    queryKey: ['run-pages', workspace, experiment, 'total', filter, roots],
    queryFn: ({ signal }) => searchRuns(workspace, experiment, { filter, roots, include: ['info'], limit: 1, exact_total: true }, signal),
    enabled,
    select: (page) => page.total,
  });
  return enabled ? data : undefined;
}

function childrenFilter(parent: string): string {
  return `tags.\`mlflow.parentRunId\` = '${parent}'`;
}

/** Runs in groups, the largest first, with the numbers of these metrics; no fields: all runs as one group. */
export function useRunGroups(workspace: string, experiment: string, filter: string, groupBy: string[], metrics: string[], enabled = true) {
  return useQuery({
    queryKey: ['run-pages', workspace, experiment, 'groups', filter, groupBy, metrics],
    queryFn: ({ signal }) =>
      get<RunGroups>(
        path`/workspaces/${workspace}/experiments/${experiment}/run-groups`,
        { filter, group_by: groupBy, metrics: metrics.slice(0, MOST_AGGREGATED) },
        signal,
      ),
    enabled,
    placeholderData: keepPreviousData,
  });
}

/** The values of `params.depth`, `tags.team`, `status` or `user` over all runs, the most frequent first; null: none. */
export function useFieldValues(workspace: string, experiment: string, field: string | null): string[] {
  const { data, isPlaceholderData } = useRunGroups(workspace, experiment, '', field === null ? [] : [field], [], field !== null);
  return useMemo(() => (field === null || isPlaceholderData ? [] : (data?.groups.flatMap(({ values: [value] }) => (value ? [value] : [])) ?? [])), [data, field, isPlaceholderData]);
}

/** The runs of each of these groups that has arrived, at most a thousand of one; `groups` are members by key. */
export function useGroupRuns(workspace: string, experiment: string, filter: string, groups: Map<string, string[]>, order: string[], columns: string[]): Map<string, RunPage> {
  const include = includeOf(columns);
  const extremes = extremesOf(columns);
  const keys = [...groups.keys()];
  return useQueries({
    queries: keys.map((key) => ({
      queryKey: ['run-pages', workspace, experiment, 'group', key, filter, order, include, extremes],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        searchRuns(workspace, experiment, { filter, group: groups.get(key) ?? [], order_by: order, include, ...extremes, limit: MOST_CHILDREN, exact_total: true }, signal),
      placeholderData: keepPreviousData<RunPage>,
    })),
    combine: (results) => new Map(results.flatMap(({ data }, at) => (data ? [[keys[at] ?? '', data] as const] : []))),
  });
}

/** Every run that the filter matches, page after page: for files and the clipboard. */
export async function readAllRuns(workspace: string, experiment: string, filter: string, order: string[], columns: string[]): Promise<RunRow[]> {
  const found: RunRow[] = [];
  let token = '';
  do {
    const query = { filter, order_by: order, include: includeOf(columns), ...extremesOf(columns), limit: LARGE_PAGE, page_token: token };
    const page = await searchRuns(workspace, experiment, query, new AbortController().signal);
    found.push(...page.runs);
    token = page.next_page_token;
  } while (token);
  return found;
}

/** The loaded children of each of these runs, at most a thousand per run. */
export function useChildRuns(workspace: string, experiment: string, parents: string[], order: string[], columns: string[]): Map<string, RunPage> {
  const include = includeOf(columns);
  const extremes = extremesOf(columns);
  return useQueries({
    queries: parents.map((parent) => ({
      queryKey: ['run-pages', workspace, experiment, 'children', parent, order, include, extremes],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        searchRuns(workspace, experiment, { filter: childrenFilter(parent), order_by: order, include, ...extremes, limit: MOST_CHILDREN, exact_total: true }, signal),
      placeholderData: keepPreviousData<RunPage>,
    })),
    combine: (results) => new Map(results.flatMap(({ data }, at) => (data ? [[parents[at] ?? '', data] as const] : []))),
  });
}

/** The rows of these runs in this order, also if they are not on loaded pages. */
export function usePickedRuns(workspace: string, experiment: string, ids: string[]) {
  const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
  return useQuery({
    queryKey: ['runs', workspace, 'picked', experiment, ids],
    queryFn: ({ signal }) => searchRuns(workspace, experiment, { filter, limit: MOST_PICKED }, signal),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    select: (page) => ids.flatMap((id) => page.runs.filter((run) => run.run_id === id)),
  });
}

/** Runs of several experiments, in the order of their experiments; `missing` are gone, moved, or not the person's to read. */
export function usePickedRunsOf(places: { workspace: string; experiment: string; runs: string[] }[]) {
  return useQueries({
    queries: places.map(({ workspace, experiment, runs: ids }) => ({
      queryKey: ['runs', workspace, 'picked', experiment, ids],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        searchRuns(workspace, experiment, { filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`, limit: MOST_PICKED }, signal),
      retry: false,
    })),
    combine: (found) => {
      const runs = found.flatMap(({ data }, at) => places[at]?.runs.flatMap((id) => data?.runs.filter((run) => run.run_id === id) ?? []) ?? []);
      const isPending = found.some((one) => one.isPending);
      const wanted = places.reduce((sum, one) => sum + one.runs.length, 0);
      return { runs, isPending, missing: isPending ? 0 : wanted - runs.length };
    },
  });
}

/** These runs with what the columns show, whatever the filter; those that are gone are left out. */
export function usePinnedRuns(workspace: string, experiment: string, ids: string[], columns: string[]): RunRow[] {
  const include = includeOf(columns);
  const extremes = extremesOf(columns);
  const filter = `attributes.run_id IN (${ids.filter((id) => /^[\w-]+$/.test(id)).map((id) => `'${id}'`).join(', ')})`;
  const { data } = useQuery({
    queryKey: ['run-pages', workspace, experiment, 'pinned', ids, include, extremes],
    queryFn: ({ signal }) => searchRuns(workspace, experiment, { filter, include, ...extremes, limit: MOST_PICKED }, signal),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => ids.flatMap((id) => data?.runs.filter((run) => run.run_id === id) ?? []), [data, ids]);
}

/** The newest runs that a notebook created. */
export function useNotebookRuns(workspace: string, notebook: string) {
  return useQuery({
    queryKey: ['runs', workspace, 'of-cells', notebook],
    queryFn: ({ signal }) => get<NotebookRuns>(path`/workspaces/${workspace}/notebooks/${notebook}/runs`, {}, signal),
  });
}

export function useRun(workspace: string, run: string) {
  return useQuery({
    queryKey: ['runs', workspace, 'run', run],
    queryFn: ({ signal }) => get<RunDetail>(path`/workspaces/${workspace}/runs/${run}`, {}, signal),
    enabled: run !== '',
  });
}

function useRunChange<T extends { workspace: string }, R>(change: (body: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (_, { workspace }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['runs', workspace] }),
        client.invalidateQueries({ queryKey: ['run-pages', workspace] }),
        client.invalidateQueries({ queryKey: ['experiments', workspace] }),
      ]),
  });
}

export function useUpdateRun() {
  return useRunChange(({ workspace, run, ...body }: UpdateRun) => patch(path`/workspaces/${workspace}/runs/${run}`, body));
}

/** Stop a run that has not ended. */
export function useStopRun() {
  return useRunChange(({ workspace, run }: RunPath) => post<RunDetail>(path`/workspaces/${workspace}/runs/${run}/stop`));
}

/** Delete runs or, with `restore`, bring them back. */
export function useDeleteRuns() {
  return useRunChange(({ workspace, ...body }: DeleteRuns) => post<DeletedRuns>(path`/workspaces/${workspace}/runs/delete`, body));
}

/** Set and delete tags of several runs; the reply's `before` undoes it. */
export function useChangeTags() {
  return useRunChange(({ workspace, ...body }: ChangeTags) => post<ChangedTags>(path`/workspaces/${workspace}/runs/tags`, body));
}

/** Rename several runs; the reply's `before` undoes it. */
export function useRenameRuns() {
  return useRunChange(({ workspace, ...body }: RenameRuns) => post<RenamedRuns>(path`/workspaces/${workspace}/runs/names`, body));
}

/** Copy runs to another experiment; deleting the copies undoes it. */
export function useCopyRuns() {
  return useRunChange(({ workspace, ...body }: CopyRuns) => post<CopiedRuns>(path`/workspaces/${workspace}/runs/copy`, body));
}

export function useMoveRuns() {
  return useRunChange(({ workspace, ...body }: MoveRuns) => post<MovedRuns>(path`/workspaces/${workspace}/runs/move`, body));
}

export function usePutTag() {
  return useRunChange(({ workspace, run, ...body }: PutTag) => put(path`/workspaces/${workspace}/runs/${run}/tags`, body));
}

export function useRemoveTag() {
  return useRunChange(({ workspace, run, key }: RemoveTag) => del(path`/workspaces/${workspace}/runs/${run}/tags`, { key }));
}
