/** Runs that are run again from their snapshots. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { address, get, path, post } from './client';
import { isOver } from './schedules';
import type { Job, Reproductions } from './schema';

/** While one is under way, its progress is read this often, in ms. */
const POLL = 3_000;

export function useReproductions(workspace: string, run: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'reproductions', run],
    queryFn: ({ signal }) => get<Reproductions>(path`/workspaces/${workspace}/runs/${run}/reproductions`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.reproductions.some(({ job }) => !isOver(job)) ? POLL : false),
  });
}

export function useReproduce() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, run }: { workspace: string; run: string }) =>
      post<Job>(path`/workspaces/${workspace}/runs/${run}/reproductions`),
    onSettled: (_, __, { workspace }) => client.invalidateQueries({ queryKey: ['schedules', workspace] }),
  });
}

/** The notebook of a run's snapshot, as JSON text. */
export function useSnapshotDocument(workspace: string, run: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'snapshot', run],
    queryFn: async ({ signal }) => JSON.stringify(await get<unknown>(path`/workspaces/${workspace}/runs/${run}/snapshot`, {}, signal)),
    staleTime: Infinity,
  });
}

export function snapshotAddress(workspace: string, run: string): string {
  return address(path`/workspaces/${workspace}/runs/${run}/snapshot`);
}
