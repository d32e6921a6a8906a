/** Queries of the tables of a workspace, of any version of them, and the changes that people make to them. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { BinnedTable, LakeHistory, LakeRows, LakeTableDetail, LakeTables, TableRuns } from './schema';

const PAGE = 100;

export interface TablePlace {
  workspace: string;
  schema: string;
  table: string;
}

/** The id of a workspace's tables and files as one tree, by which their queries are keyed. */
export function lakeId(workspace: string): string {
  return `lake ${workspace}`;
}

function where({ workspace, schema, table }: TablePlace): string {
  return path`/workspaces/${workspace}/tables/${schema}/${table}`;
}

export function useTables(workspace: string) {
  return useQuery({
    queryKey: ['tables', workspace, 'list'],
    queryFn: ({ signal }) => get<LakeTables>(path`/workspaces/${workspace}/tables`, {}, signal),
    // Programs outside of the server's sessions write tables too, and nobody tells the page.
    staleTime: 0,
  });
}

/** `version` is null for the newest. */
export function tableQuery(place: TablePlace, version: number | null) {
  return {
    queryKey: ['tables', place.workspace, place.schema, place.table, 'detail', version],
    queryFn: ({ signal }: { signal?: AbortSignal }) => get<LakeTableDetail>(where(place), { version }, signal),
    staleTime: version === null ? 0 : Infinity,
  };
}

export function useTable(place: TablePlace, version: number | null) {
  return useQuery(tableQuery(place, version));
}

/** Rows page by page. The version is a number for a Delta table, so that all pages are of the same one. */
export function useTableRows(place: TablePlace, version: number | null) {
  return useInfiniteQuery({
    queryKey: ['tables', place.workspace, place.schema, place.table, 'rows', version],
    queryFn: ({ pageParam, signal }) =>
      get<LakeRows>(`${where(place)}/rows`, { version, start: pageParam, limit: PAGE }, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.rows.length ? last.start + last.rows.length : undefined),
    staleTime: version === null ? 0 : Infinity,
    gcTime: 60_000,
  });
}

export function useTableHistory(place: TablePlace, limit: number) {
  return useQuery({
    queryKey: ['tables', place.workspace, place.schema, place.table, 'history', limit],
    queryFn: ({ signal }) => get<LakeHistory>(`${where(place)}/history`, { limit }, signal),
    staleTime: 0,
    placeholderData: (old) => old,
  });
}

export function useTableRuns(place: TablePlace) {
  return useQuery({
    queryKey: ['tables', place.workspace, place.schema, place.table, 'runs'],
    queryFn: ({ signal }) => get<TableRuns>(`${where(place)}/runs`, {}, signal),
    select: (reply) => reply.runs,
    staleTime: 0,
  });
}

export function useRestoreTable() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, ...place }: TablePlace & { version: number }) =>
      post<LakeTableDetail>(`${where(place)}/restore`, { version }),
    onSettled: (_reply, _error, { workspace }) => client.invalidateQueries({ queryKey: ['tables', workspace] }),
  });
}

export function useDeleteTable() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (place: TablePlace) => del<BinnedTable>(where(place)),
    onSuccess: (_reply, { workspace, schema, table }) => {
      client.removeQueries({ queryKey: ['tables', workspace, schema, table] });
      return Promise.all([
        client.invalidateQueries({ queryKey: ['tables', workspace, 'list'] }),
        client.invalidateQueries({ queryKey: ['files', lakeId(workspace)] }),
      ]);
    },
  });
}
