/** Asking for a role in a workspace, and answering those who ask. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { AccessRequests, AskedAccess } from './schema';

const REFRESH_MS = 20_000;

/** What became of one's own request, looked up while it waits. An error means that the workspace does not exist. */
export function useAskedAccess(place: string) {
  return useQuery({
    queryKey: ['asked-access', place],
    queryFn: ({ signal }) => get<AskedAccess>(path`/access-requests/${place}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.asked_at ? REFRESH_MS : false),
  });
}

export function useAskForAccess() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { place: string; note: string }) => post<AskedAccess>('/access-requests', body),
    onSuccess: (asked, { place }) => client.setQueryData(['asked-access', place], asked),
    onError: (_, { place }) => client.invalidateQueries({ queryKey: ['asked-access', place] }),
  });
}

/** The requests in all workspaces where one may add people, after a time. Live: each is a change of the members. */
export function useWaitingRequests(since: number) {
  return useQuery({
    queryKey: ['waiting-requests', since],
    queryFn: ({ signal }) => get<AccessRequests>('/access-requests', { since }, signal),
    select: (reply) => reply.requests,
  });
}

export function useAccessRequests(workspace: string, enabled: boolean) {
  return useQuery({
    queryKey: ['workspaces', workspace, 'access-requests'],
    queryFn: ({ signal }) => get<AccessRequests>(path`/workspaces/${workspace}/access-requests`, {}, signal),
    select: (reply) => reply.requests,
    enabled,
  });
}

export function useDeclineAccess() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, user }: { workspace: string; user: string }) =>
      del(path`/workspaces/${workspace}/access-requests/${user}`),
    onSettled: (_, __, { workspace }) =>
      client.invalidateQueries({ queryKey: ['workspaces', workspace, 'access-requests'] }),
  });
}
