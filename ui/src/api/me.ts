/** Who is signed in, the browsers they are signed in with, and how one signs in here. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { served } from '../lib/pathPrefix';
import { del, get, patch, path, post, put } from './client';
import type { Me, SetPassword, SignedOut, SignIns, User } from './schema';

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => get<Me>('/me', {}, signal), staleTime: Infinity });
}

export function useChangeMe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (display_name: string) => patch<User>('/me', { display_name }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['me'] }),
  });
}

export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SetPassword) => put('/me/password', body),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['me'] }),
        client.invalidateQueries({ queryKey: ['sign-ins'] }),
      ]),
  });
}

export function useSignIns(enabled: boolean) {
  return useQuery({
    queryKey: ['sign-ins'],
    queryFn: ({ signal }) => get<SignIns>('/me/sign-ins', {}, signal),
    enabled,
  });
}

export function useEndSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => del(path`/tokens/${token}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sign-ins'] }),
  });
}

export function useEndOtherSignIns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => del('/me/sign-ins'),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sign-ins'] }),
  });
}

export function useSignOut() {
  return useMutation({ mutationFn: () => post<SignedOut>('/sign-out') });
}

/** The ways to sign in besides a link; asked by somebody who is signed out. */
export function useWays() {
  return useQuery({
    queryKey: ['ways'],
    queryFn: async (): Promise<{ passwords: boolean; provider: string }> => (await fetch(served('/sign-in/ways'))).json(),
    staleTime: Infinity,
  });
}
