/** The people of the installation, for its admins. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { CreateUser, Invitation, UserAccess, Users } from './schema';

export function useUsers() {
  return useQuery({
    queryKey: ['users'],
    queryFn: ({ signal }) => get<Users>('/users', {}, signal),
    select: (reply) => reply.users,
  });
}

export function useUserAccess(user: string) {
  return useQuery({
    queryKey: ['users', user, 'access'],
    queryFn: ({ signal }) => get<UserAccess>(path`/users/${user}/access`, {}, signal),
    enabled: user !== '',
  });
}

function useChange<T, R>(change: (body: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }) });
}

export function useCreateUser() {
  return useChange((body: CreateUser) => post<Invitation>('/users', body));
}

export function useInvite() {
  return useChange((user: string) => post<Invitation>(path`/users/${user}/link`));
}

export interface UserChange {
  user: string;
  admin?: boolean;
  disabled?: boolean;
}

export function useChangeUser() {
  return useChange(({ user, ...body }: UserChange) => patch(path`/users/${user}`, body));
}

export function useRemoveUser() {
  return useChange(({ user, successor }: { user: string; successor: string | null }) =>
    del(path`/users/${user}`, { successor }),
  );
}

export function useHandOver() {
  return useChange(({ user, successor }: { user: string; successor: string }) =>
    post<UserAccess>(path`/users/${user}/hand-over`, { successor }),
  );
}

export function useEndSignIns() {
  return useChange((user: string) => del(path`/users/${user}/sign-ins`));
}

export function useRevokeUserToken() {
  return useChange(({ user, token }: { user: string; token: string }) => del(path`/users/${user}/tokens/${token}`));
}
