/** Queries of experiments: the record, and the keys of its runs. */
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, put } from './client';
import type { Directions, ExperimentColumns, ExperimentView, SetDirection, UpdateExperiment } from './schema';

export function experimentQuery(workspace: string, experiment: string) {
  return queryOptions({
    queryKey: ['experiments', workspace, experiment],
    queryFn: ({ signal }) => get<ExperimentView>(path`/workspaces/${workspace}/experiments/${experiment}`, {}, signal),
  });
}

export function useExperiment(workspace: string, experiment: string) {
  return useQuery(experimentQuery(workspace, experiment));
}

export function columnsQuery(workspace: string, experiment: string) {
  return queryOptions({
    queryKey: ['experiments', workspace, experiment, 'columns'],
    queryFn: ({ signal }) =>
      get<ExperimentColumns>(path`/workspaces/${workspace}/experiments/${experiment}/columns`, {}, signal),
  });
}

export function useExperimentColumns(workspace: string, experiment: string) {
  return useQuery({ ...columnsQuery(workspace, experiment), enabled: experiment !== '', placeholderData: keepPreviousData });
}

export function useUpdateExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, experiment, ...body }: UpdateExperiment) =>
      patch<ExperimentView>(path`/workspaces/${workspace}/experiments/${experiment}`, body),
    onSuccess: (updated) => {
      client.setQueryData(['experiments', updated.workspace, updated.id], updated);
      void client.invalidateQueries({ queryKey: ['items', updated.workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}

/** Say for everybody whether less or more of a metric is better. */
export function useSetDirection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, experiment, ...body }: SetDirection) =>
      put<Directions>(path`/workspaces/${workspace}/experiments/${experiment}/directions`, body),
    onSuccess: ({ directions }, { workspace, experiment }) =>
      client.setQueryData<ExperimentColumns>(['experiments', workspace, experiment, 'columns'], (old) => old && { ...old, directions }),
  });
}

export function useDeleteExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, experiment }: { workspace: string; experiment: string }) =>
      del(path`/workspaces/${workspace}/experiments/${experiment}`),
    onSuccess: (_, { workspace }) => {
      void client.invalidateQueries({ queryKey: ['items', workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}
