/** Queries of items: a workspace's list, the newest of all, and the global search. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { isNotFound } from '../lib/errors';
import { del, get, patch, path, post } from './client';
import type { CreateNotebook, Found, Item, Items, ModelView } from './schema';

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

type Kind = Item['kind'];
export type ItemKey = Pick<Item, 'kind' | 'id' | 'workspace'>;

interface CreateItem {
  kind: Kind;
  workspace: string;
  name: string;
  description?: string;
  /** The folder that it goes into. */
  folder?: string;
  /** Notebooks only. */
  template?: CreateNotebook['template'];
  content?: CreateNotebook['content'];
}

async function create({ kind, workspace, folder, ...body }: CreateItem): Promise<ItemKey> {
  const where = path`/workspaces/${workspace}/${kind}s`;
  // A model's id is its name, as the server cleaned it.
  const id =
    kind === 'model' ? (await post<ModelView>(where, body)).name : (await post<{ id: string }>(where, body)).id;
  if (folder) await post(path`/workspaces/${workspace}/items/move`, { folder, items: [{ kind, id }] });
  return { kind, id, workspace };
}

function useRefresh() {
  const client = useQueryClient();
  return (kind: Kind, workspace: string) => {
    void client.invalidateQueries({ queryKey: [`${kind}s`, workspace] });
    void client.invalidateQueries({ queryKey: ['recent'] });
    return client.invalidateQueries({ queryKey: ['items', workspace] });
  };
}

/** Create an item of any kind; itemPath gives the path of its page. */
export function useCreateItem() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: create,
    onSuccess: (created) => {
      void refresh(created.kind, created.workspace);
    },
  });
}

export function useRenameItem() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ item, ...body }: { item: ItemKey; name: string; description: string }) =>
      patch(path`/workspaces/${item.workspace}/${item.kind}s/${item.id}`, body),
    onSuccess: (_, { item }) => refresh(item.kind, item.workspace),
  });
}

export interface Deletion {
  done: number;
  failed: { item: Item; error: unknown }[];
}

/** Delete items one after the other, so that a failure does not prevent the others; `onProgress` gets the number done. */
export function useDeleteItems() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ items, onProgress }: { items: Item[]; onProgress: (done: number) => void }) => {
      const result: Deletion = { done: 0, failed: [] };
      for (const item of items) {
        try {
          await del(path`/workspaces/${item.workspace}/${item.kind}s/${item.id}`);
          result.done += 1;
        } catch (error) {
          // A missing item counts as deleted.
          if (isNotFound(error)) result.done += 1;
          else result.failed.push({ item, error });
        }
        onProgress(result.done + result.failed.length);
      }
      return result;
    },
    onSettled: (_, __, { items }) =>
      Promise.all(
        [...new Map(items.map((item) => [`${item.kind} ${item.workspace}`, item])).values()].map((item) =>
          refresh(item.kind, item.workspace),
        ),
      ),
  });
}
