/** Queries of environments: named lists of packages that the sessions of a workspace start with. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type {
  ChangeEnvironment,
  CreateEnvironment,
  Environment,
  EnvironmentLog,
  ListedEnvironments,
} from './schema';

const WHILE_BUILDING = 1_000;

export function useEnvironments(workspace: string) {
  return useQuery({
    queryKey: ['environments', workspace],
    queryFn: ({ signal }) => get<ListedEnvironments>(path`/workspaces/${workspace}/environments`, {}, signal),
    select: ({ environments }) => environments,
    refetchInterval: ({ state }) =>
      state.data?.environments.some((one) => one.state === 'building') ? WHILE_BUILDING : false,
  });
}

/** What the running or last build has printed; read again as long as it runs. */
export function useEnvironmentLog({ workspace, id, state, changed_at: begun }: Environment, shown: boolean) {
  return useQuery({
    queryKey: ['environments', workspace, id, 'log', begun, state],
    queryFn: ({ signal }) =>
      get<EnvironmentLog>(path`/workspaces/${workspace}/environments/${id}/log`, {}, signal),
    enabled: shown,
    refetchInterval: state === 'building' ? WHILE_BUILDING : false,
  });
}

export function useCreateEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, ...body }: CreateEnvironment) =>
      post<Environment>(path`/workspaces/${workspace}/environments`, body),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['environments', workspace] }),
  });
}

export function useChangeEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, environment, ...body }: ChangeEnvironment) =>
      patch<Environment>(path`/workspaces/${workspace}/environments/${environment}`, body),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['environments', workspace] }),
  });
}

export function useDeleteEnvironment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, id }: Environment) => del(path`/workspaces/${workspace}/environments/${id}`),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['environments', workspace] }),
  });
}
