/** Members of a workspace and their roles. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Role } from '../lib/roles';
import { del, get, patch, path, post } from './client';
import type { Members } from './schema';

export function useMembers(workspace: string) {
  return useQuery({
    queryKey: ['members', workspace],
    queryFn: ({ signal }) => get<Members>(path`/workspaces/${workspace}/members`, {}, signal),
    select: (reply) => reply.members,
  });
}

/** The people who could be added. */
export function useCandidates(workspace: string, enabled: boolean) {
  return useQuery({
    queryKey: ['members', workspace, 'candidates'],
    queryFn: ({ signal }) => get<Members>(path`/workspaces/${workspace}/member-candidates`, {}, signal),
    select: (reply) => reply.members,
    enabled,
  });
}

function useChange<T>(change: (body: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['members'] }),
        client.invalidateQueries({ queryKey: ['workspaces'] }),
      ]),
  });
}

export interface Membership {
  workspace: string;
  user: string;
  role: Role;
}

export function useAddMember() {
  return useChange(({ workspace, user, role }: Membership) =>
    post<Members>(path`/workspaces/${workspace}/members`, { user, role }),
  );
}

export function useChangeMember() {
  return useChange(({ workspace, user, role }: Membership) =>
    patch<Members>(path`/workspaces/${workspace}/members/${user}`, { role }),
  );
}

export function useRemoveMember() {
  return useChange(({ workspace, user }: Omit<Membership, 'role'>) => del(path`/workspaces/${workspace}/members/${user}`));
}

export function useLeave() {
  return useChange((workspace: string) => del(path`/me/memberships/${workspace}`));
}
