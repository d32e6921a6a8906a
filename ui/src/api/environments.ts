/** The environment of a workspace: the packages that its new sessions start with. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, path, put } from './client';
import type { Environment, PutEnvironment } from './schema';

const WHILE_BUILDING = 1_000;

export function useEnvironment(workspace: string) {
  return useQuery({
    queryKey: ['environments', workspace],
    queryFn: ({ signal }) => get<Environment>(path`/workspaces/${workspace}/environment`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'building' ? WHILE_BUILDING : false),
  });
}

export function usePutEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, ...body }: PutEnvironment) =>
      put<Environment>(path`/workspaces/${workspace}/environment`, body),
    onSuccess: (environment, { workspace }) => {
      client.setQueryData(['environments', workspace], environment);
    },
  });
}
