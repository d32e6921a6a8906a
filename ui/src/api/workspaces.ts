/** Queries of workspaces, and the counts of what removing a workspace would delete. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { atLeast } from '../lib/roles';
import { del, get, patch, path, post } from './client';
import type { CreateWorkspace, Removal, UpdateWorkspace, Workspace, Workspaces } from './schema';

export function useWorkspaces() {
  return useQuery({
    queryKey: ['workspaces'],
    queryFn: ({ signal }) => get<Workspaces>('/workspaces', {}, signal),
    select: (reply) => reply.workspaces,
  });
}

/** One workspace. A 404 means that it was removed or that the caller has no role there (any more). */
export function useWorkspace(workspace: string) {
  return useQuery({
    queryKey: ['workspaces', workspace],
    queryFn: ({ signal }) => get<Workspace>(path`/workspaces/${workspace}`, {}, signal),
    enabled: workspace !== '',
  });
}

/** Whether the person may change things in the workspace; false until it is known. */
export function useCanWrite(workspace: string): boolean {
  return atLeast(useWorkspace(workspace).data?.role, 'contributor');
}

export function useRemoval(workspace: string) {
  return useQuery({
    queryKey: ['removal', workspace],
    queryFn: ({ signal }) => get<Removal>(path`/workspaces/${workspace}/removal`, {}, signal),
    staleTime: 0,
  });
}

export function useCreateWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateWorkspace) => post<Workspace>('/workspaces', body),
    onSuccess: (created) => {
      client.setQueryData(['workspaces', created.id], created);
      return client.invalidateQueries({ queryKey: ['workspaces'] });
    },
  });
}

export function useUpdateWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, ...body }: UpdateWorkspace) => patch<Workspace>(path`/workspaces/${workspace}`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['workspaces'] }),
  });
}

export function useRemoveWorkspace() {
  return useMutation({
    mutationFn: ({ workspace, name }: { workspace: string; name: string }) =>
      del(path`/workspaces/${workspace}`, { name }),
  });
}
