/** Queries of notebooks' records. Their content is read and saved through Jupyter. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, patch, path, post } from './client';
import type { CreateNotebook, Notebook, UpdateNotebook } from './schema';

export function useNotebook(workspace: string, notebook: string) {
  return useQuery({
    queryKey: ['notebooks', workspace, notebook],
    queryFn: ({ signal }) => get<Notebook>(path`/workspaces/${workspace}/notebooks/${notebook}`, {}, signal),
  });
}

export function useCreateNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, ...body }: CreateNotebook) =>
      post<Notebook>(path`/workspaces/${workspace}/notebooks`, body),
    onSuccess: (created) => {
      client.setQueryData(['notebooks', created.workspace, created.id], created);
      void client.invalidateQueries({ queryKey: ['items', created.workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}

export function useUpdateNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, notebook, ...body }: UpdateNotebook) =>
      patch<Notebook>(path`/workspaces/${workspace}/notebooks/${notebook}`, body),
    onSuccess: (updated) => {
      client.setQueryData(['notebooks', updated.workspace, updated.id], updated);
      void client.invalidateQueries({ queryKey: ['items', updated.workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}
