/** Queries of folders: those of a workspace's list, and what moves in and out of them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { FolderContents, Folders, ItemFolder, ItemKey } from './schema';

/** The id that stands for no folder: the top of the workspace. */
export const TOP = '';

export function useFolders(workspace: string) {
  return useQuery({
    queryKey: ['folders', workspace],
    queryFn: ({ signal }) => get<Folders>(path`/workspaces/${workspace}/folders`, {}, signal),
    select: (reply) => reply.folders,
    enabled: workspace !== '',
  });
}

/** What a page does to folders; each resolves when the lists are read again. */
export function useFolderChanges(workspace: string) {
  const client = useQueryClient();
  const onSuccess = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['folders', workspace] }),
      client.invalidateQueries({ queryKey: ['items', workspace] }),
    ]);
  const create = useMutation({
    mutationFn: (body: { name: string; parent: string } & Partial<FolderContents>) => post<ItemFolder>(path`/workspaces/${workspace}/folders`, body),
    onSuccess,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; name?: string; parent?: string }) => patch<ItemFolder>(path`/workspaces/${workspace}/folders/${id}`, body),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (id: string) => del<FolderContents>(path`/workspaces/${workspace}/folders/${id}`),
    onSuccess,
  });
  const move = useMutation({
    mutationFn: ({ items, folder }: { items: ItemKey[]; folder: string }) =>
      post(path`/workspaces/${workspace}/items/move`, { folder, items: items.map(({ kind, id }) => ({ kind, id })) }),
    onSuccess,
  });
  return { create: create.mutateAsync, change: change.mutateAsync, remove: remove.mutateAsync, move: move.mutateAsync };
}
