/** What workspaces keep and may keep, their quotas, and emptying the bin. Keys begin with "workspaces", which is live. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, put } from './client';
import type { AllStorage, DeletedPage, Purged, SetQuota, WorkspaceStorage } from './schema';

export function useStorage(workspace: string) {
  return useQuery({
    queryKey: ['workspaces', workspace, 'storage'],
    queryFn: ({ signal }) => get<WorkspaceStorage>(path`/workspaces/${workspace}/storage`, {}, signal),
    staleTime: 0,
  });
}

/** Of every workspace, for admins of the installation. */
export function useAllStorage() {
  return useQuery({
    queryKey: ['workspaces', 'storage-of-all'],
    queryFn: ({ signal }) => get<AllStorage>('/storage', {}, signal),
    staleTime: 0,
  });
}

export function useSetQuota() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ place, ...body }: SetQuota) => put(path`/storage/${place}`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['workspaces'] }),
  });
}

/** What emptying the bin would delete: the first page counts all records, each page the files of its own runs. */
export function useDeletedCounts(workspace: string, before: number | null) {
  return useQuery({
    queryKey: ['deleted-counts', workspace, before],
    queryFn: async ({ signal }) => {
      let page = await get<DeletedPage>(path`/workspaces/${workspace}/deleted`, { before: before ?? 0 }, signal);
      const { waiting } = page;
      let bytes = waiting.bytes;
      while (page.next !== null) {
        page = await get<DeletedPage>(path`/workspaces/${workspace}/deleted`, { before: before ?? 0, after: page.next }, signal);
        bytes += page.waiting.bytes;
      }
      return { ...waiting, bytes };
    },
    enabled: before !== null,
    staleTime: Infinity,
  });
}

/** Deletes for good what was deleted before a time (ms). One request works for two seconds. */
export function useEmptyBin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ workspace, before }: { workspace: string; before: number }) => {
      let more = true;
      while (more) more = (await del<Purged>(path`/workspaces/${workspace}/deleted`, { before })).more;
    },
    onSettled: (_, __, { workspace }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['workspaces', workspace] }),
        client.invalidateQueries({ queryKey: ['bin', workspace] }),
      ]),
  });
}
