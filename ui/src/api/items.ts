/** Items: what a workspace lists, the newest of all, and the search over everything. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get, path } from './client';
import type { Found, Item, Items } from './schema';

export function useItems(workspace: string) {
  return useQuery({
    queryKey: ['items', workspace],
    queryFn: ({ signal }) => get<Items>(path`/workspaces/${workspace}/items`, {}, signal),
    select: (reply) => reply.items,
    enabled: workspace !== '',
  });
}

export function useRecent(limit = 12) {
  return useQuery({
    queryKey: ['recent', limit],
    queryFn: ({ signal }) => get<Items>('/recent', { limit }, signal),
    select: (reply) => reply.items,
  });
}

export function useSearch(query: string) {
  return useQuery({
    queryKey: ['search', query],
    queryFn: ({ signal }) => get<Found>('/search', { query, limit: 20 }, signal),
    enabled: query !== '',
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
}

/** The page of an item. */
export function itemPath(item: Pick<Item, 'kind' | 'id' | 'workspace'>): string {
  return path`/workspaces/${item.workspace}/${item.kind}s/${item.id}`;
}
