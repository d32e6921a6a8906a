/** API tokens of the caller. Only the reply to a token's creation has its secret. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { CreateToken, NewToken, Tokens } from './schema';

export function useTokens() {
  return useQuery({
    queryKey: ['tokens'],
    queryFn: ({ signal }) => get<Tokens>('/tokens', {}, signal),
    select: (reply) => reply.tokens.filter((token) => token.kind === 'api'),
  });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateToken) => post<NewToken>('/tokens', body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => del(path`/tokens/${token}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}
