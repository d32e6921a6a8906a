/** The bin: deleted items of a workspace and removed workspaces, and restoring them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, path, post } from './client';
import { lakeId } from './tables';
import type { Bin, BinItem, RemovedWorkspaces } from './schema';

export function useBin(workspace: string) {
  return useQuery({
    queryKey: ['bin', workspace],
    queryFn: ({ signal }) => get<Bin>(path`/workspaces/${workspace}/bin`, {}, signal),
    staleTime: 0,
  });
}

export function useRemovedWorkspaces() {
  return useQuery({
    queryKey: ['removed-workspaces'],
    queryFn: ({ signal }) => get<RemovedWorkspaces>('/removed-workspaces', {}, signal),
    staleTime: 0,
  });
}

/** Where the API restores a kind, if not under its own name. */
const RESTORED_AS: Partial<Record<BinItem['kind'], string>> = { view: 'tables' };

export type Restorable = Pick<BinItem, 'kind' | 'id'> & { workspace: string };

export function useRestoreItem() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, kind, id }: Restorable) =>
      kind === 'run'
        ? post(path`/workspaces/${workspace}/runs/delete`, { runs: [id], restore: true })
        : post(path`/workspaces/${workspace}/${RESTORED_AS[kind] ?? `${kind}s`}/${id}/restore`),
    onSuccess: (_, { workspace, kind }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['bin', workspace] }),
        client.invalidateQueries({ queryKey: ['items', workspace] }),
        client.invalidateQueries({ queryKey: [RESTORED_AS[kind] ?? `${kind}s`, workspace] }),
        client.invalidateQueries({ queryKey: ['files', lakeId(workspace)] }),
        client.invalidateQueries({ queryKey: ['recent'] }),
      ]),
  });
}

export function useRestoreWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (removed: string) => post(path`/removed-workspaces/${removed}/restore`),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['removed-workspaces'] }),
        client.invalidateQueries({ queryKey: ['workspaces'] }),
        client.invalidateQueries({ queryKey: ['recent'] }),
      ]),
  });
}
