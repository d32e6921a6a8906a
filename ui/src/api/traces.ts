/** Queries of traces: pages of an experiment's list. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { get, path } from './client';
import type { TracePage } from './schema';

const PAGE = 100;

/** The traces of an experiment, page after page, newest first; `filter` as in `mlflow.search_traces`. */
export function useTracePages(workspace: string, experiment: string, filter: string, order: string[]) {
  return useInfiniteQuery({
    queryKey: ['traces', workspace, experiment, filter, order],
    queryFn: ({ pageParam, signal }) =>
      get<TracePage>(path`/workspaces/${workspace}/experiments/${experiment}/traces`, { filter, order_by: order, limit: PAGE, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
  });
}
