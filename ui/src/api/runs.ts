/** Runs: pages of an experiment's list, the picked ones, one run whole, and what can be done to them. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { del, get, patch, path, post, put } from './client';
import { onChange } from './events';
import type { DeleteRuns, PutTag, RemoveTag, RunDetail, RunPage, UpdateRun } from './schema';

const FIRST_PAGE = 100;
const NEXT_PAGE = 400;
/** As many runs as one comparison takes. */
export const MOST_PICKED = 100;

function search(workspace: string, experiment: string, query: Record<string, string | number | string[]>, signal: AbortSignal) {
  return get<RunPage>(path`/workspaces/${workspace}/experiments/${experiment}/runs`, query, signal);
}

/** The run list, page after page; `filter` and `order` in MLflow's grammar. Kept live by `useLiveRuns`. */
export function useRunPages(workspace: string, experiment: string, filter: string, order: string[]) {
  return useInfiniteQuery({
    queryKey: ['run-pages', workspace, experiment, filter, order],
    queryFn: ({ pageParam, signal }) =>
      search(
        workspace,
        experiment,
        { filter, order_by: order, limit: pageParam ? NEXT_PAGE : FIRST_PAGE, page_token: pageParam },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
  });
}

/** The rows of these runs, in this order, wherever they stand in the list. */
export function usePickedRuns(workspace: string, experiment: string, ids: string[]) {
  const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
  return useQuery({
    queryKey: ['runs', workspace, 'picked', experiment, ids],
    queryFn: ({ signal }) => search(workspace, experiment, { filter, limit: MOST_PICKED }, signal),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    select: (page) => ids.flatMap((id) => page.runs.filter((run) => run.run_id === id)),
  });
}

function isBusy(client: QueryClient, keys: string[][]): boolean {
  return keys.some((queryKey) => client.isFetching({ queryKey }) > 0);
}

/** Fetch the experiment's lists again as its runs change: half a second apart, ten where many pages are open. */
export function useLiveRuns(workspace: string, experiment: string) {
  const client = useQueryClient();
  useEffect(() => {
    const pages = ['run-pages', workspace, experiment];
    const others = [['runs', workspace], ['metrics', workspace], ['experiments', workspace, experiment]];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const refresh = () => {
      timer = undefined;
      if (isBusy(client, [pages, ...others])) {
        timer = setTimeout(refresh, 250);
        return;
      }
      last = Date.now();
      for (const queryKey of [pages, ...others]) void client.invalidateQueries({ queryKey });
    };
    const pause = () => {
      const open = client.getQueriesData<{ pages?: unknown[] }>({ queryKey: pages, type: 'active' });
      const count = Math.max(1, ...open.map(([, data]) => data?.pages?.length ?? 0));
      return Math.max(100, last + (count > 3 ? 10_000 : 500) - Date.now());
    };
    const stop = onChange((change) => {
      if (change.workspace !== workspace) return;
      if (change.id && ['runs', 'artifacts'].includes(change.noun)) {
        void client.invalidateQueries({ queryKey: ['files', path`/workspaces/${workspace}/runs/${change.id}`] });
      }
      if (!['runs', 'metrics', 'models', 'versions', 'notebooks'].includes(change.noun)) return;
      timer ??= setTimeout(refresh, pause());
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, workspace, experiment]);
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

/** Delete runs or, with `restore`, bring them back. */
export function useDeleteRuns() {
  return useRunChange(({ workspace, ...body }: DeleteRuns) => post(path`/workspaces/${workspace}/runs/delete`, body));
}

export function usePutTag() {
  return useRunChange(({ workspace, run, ...body }: PutTag) => put(path`/workspaces/${workspace}/runs/${run}/tags`, body));
}

export function useRemoveTag() {
  return useRunChange(({ workspace, run, key }: RemoveTag) => del(path`/workspaces/${workspace}/runs/${run}/tags`, { key }));
}
