/** Queries of a workspace's mounts: URI prefixes that resolve to another location. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, put } from './client';
import type { Mounts, PutMount, RemoveMount } from './schema';

export function useMounts(workspace: string) {
  return useQuery({
    queryKey: ['mounts', workspace],
    queryFn: ({ signal }) => get<Mounts>(path`/workspaces/${workspace}/mounts`, {}, signal),
    select: (reply) => reply.mounts,
  });
}

export function usePutMount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, ...body }: PutMount) => put(path`/workspaces/${workspace}/mounts`, body),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['mounts', workspace] }),
  });
}

export function useRemoveMount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, prefix }: RemoveMount) => del(path`/workspaces/${workspace}/mounts`, { prefix }),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['mounts', workspace] }),
  });
}
