/** Who is signed in. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { get, post } from './client';
import type { Me } from './schema';

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => get<Me>('/me', {}, signal), staleTime: Infinity });
}

export function useSignOut() {
  return useMutation({ mutationFn: () => post('/sign-out') });
}
