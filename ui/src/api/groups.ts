/** Groups of people, and their roles in a workspace. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Role } from '../lib/roles';
import { del, get, patch, path, post, put } from './client';
import type { CreateGroup, Group, GroupDetails, GroupRoles, UserGroups } from './schema';

export function useGroups() {
  return useQuery({
    queryKey: ['users', 'groups'],
    queryFn: ({ signal }) => get<UserGroups>('/groups', {}, signal),
    select: (reply) => reply.groups,
  });
}

export function useGroup(group: string) {
  return useQuery({
    queryKey: ['users', 'groups', group],
    queryFn: ({ signal }) => get<GroupDetails>(path`/groups/${group}`, {}, signal),
  });
}

function useChange<T, R>(change: (body: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }) });
}

export function useCreateGroup() {
  return useChange((body: CreateGroup) => post<Group>('/groups', body));
}

export function useChangeGroup() {
  return useChange(({ group, ...body }: { group: string; name?: string; claim?: string }) => patch<Group>(path`/groups/${group}`, body));
}

export function useRemoveGroup() {
  return useChange((group: string) => del(path`/groups/${group}`));
}

interface GroupMembership {
  group: string;
  user: string;
}

export function useJoinGroup() {
  return useChange(({ group, user }: GroupMembership) => put(path`/groups/${group}/members/${user}`));
}

export function useLeaveGroup() {
  return useChange(({ group, user }: GroupMembership) => del(path`/groups/${group}/members/${user}`));
}

export function useGroupRoles(workspace: string) {
  return useQuery({
    queryKey: ['members', workspace, 'groups'],
    queryFn: ({ signal }) => get<GroupRoles>(path`/workspaces/${workspace}/groups`, {}, signal),
    select: (reply) => reply.groups,
  });
}

/** The groups that could be added. */
export function useGroupCandidates(workspace: string) {
  return useQuery({
    queryKey: ['members', workspace, 'group-candidates'],
    queryFn: ({ signal }) => get<GroupRoles>(path`/workspaces/${workspace}/group-candidates`, {}, signal),
    select: (reply) => reply.groups,
  });
}

interface GroupAccess {
  workspace: string;
  group: string;
  role: Role;
}

function useRoleChange<T>(change: (body: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all(['members', 'workspaces', 'users'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

export function useAddGroupRole() {
  return useRoleChange(({ workspace, group, role }: GroupAccess) => post(path`/workspaces/${workspace}/groups`, { group, role }));
}

export function useChangeGroupRole() {
  return useRoleChange(({ workspace, group, role }: GroupAccess) => patch(path`/workspaces/${workspace}/groups/${group}`, { role }));
}

export function useRemoveGroupRole() {
  return useRoleChange(({ workspace, group }: Omit<GroupAccess, 'role'>) => del(path`/workspaces/${workspace}/groups/${group}`));
}
