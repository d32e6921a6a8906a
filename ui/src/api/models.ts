/** Registered models: versions, aliases, tags, and a run saved as a model. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post, put } from './client';
import type {
  AliasHistory,
  CopiedVersion,
  CopyVersion,
  ModelView,
  PutAlias,
  PutModelTag,
  RemoveAlias,
  RemoveModelTag,
  SaveRunAsModel,
  UpdateModel,
  UpdateVersion,
  VersionDetail,
  VersionPath,
  VersionRow,
} from './schema';

export function useModel(workspace: string, model: string) {
  return useQuery({
    queryKey: ['models', workspace, model],
    queryFn: ({ signal }) => get<ModelView>(path`/workspaces/${workspace}/models/${model}`, {}, signal),
  });
}

export function useVersion(workspace: string, model: string, version: number) {
  return useQuery({
    queryKey: ['models', workspace, model, 'versions', version],
    queryFn: ({ signal }) =>
      get<VersionDetail>(path`/workspaces/${workspace}/models/${model}/versions/${version}`, {}, signal),
    enabled: version > 0,
  });
}

export function useAliasHistory(workspace: string, model: string) {
  return useQuery({
    queryKey: ['models', workspace, model, 'aliases'],
    queryFn: ({ signal }) => get<AliasHistory>(path`/workspaces/${workspace}/models/${model}/aliases`, {}, signal),
  });
}

function useModelChange<T extends { workspace: string }, R>(change: (body: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (_, { workspace }) =>
      Promise.all(['models', 'items', 'runs'].map((noun) => client.invalidateQueries({ queryKey: [noun, workspace] }))),
  });
}

export function useSaveRunAsModel() {
  return useModelChange(({ workspace, model, ...body }: SaveRunAsModel) =>
    post<VersionRow>(path`/workspaces/${workspace}/models/${model}/versions`, body),
  );
}

export function useCopyVersion() {
  return useModelChange(({ workspace, model, ...body }: CopyVersion) =>
    post<CopiedVersion>(path`/workspaces/${workspace}/models/${model}/copies`, body),
  );
}

/** A renamed model has another URL, to which the caller navigates, so queries of the old one are not refetched. */
export function useUpdateModel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, model, ...body }: UpdateModel) =>
      patch<ModelView>(path`/workspaces/${workspace}/models/${model}`, body),
    onSuccess: (updated) => {
      client.setQueryData(['models', updated.workspace, updated.name], updated);
      void client.invalidateQueries({ queryKey: ['items', updated.workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}

export function useDeleteModel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, model }: { workspace: string; model: string }) =>
      del(path`/workspaces/${workspace}/models/${model}`),
    onSuccess: (_, { workspace }) => {
      void client.invalidateQueries({ queryKey: ['items', workspace] });
      void client.invalidateQueries({ queryKey: ['runs', workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}

export function useUpdateVersion() {
  return useModelChange(({ workspace, model, version, ...body }: UpdateVersion) =>
    patch(path`/workspaces/${workspace}/models/${model}/versions/${version}`, body),
  );
}

/** Refetch the model, not the deleted version: its page is open until the caller navigates away. */
export function useDeleteVersion() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, model, version }: VersionPath) =>
      del(path`/workspaces/${workspace}/models/${model}/versions/${version}`),
    onSuccess: (_, { workspace, model }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['models', workspace, model], exact: true }),
        client.invalidateQueries({ queryKey: ['items', workspace] }),
        client.invalidateQueries({ queryKey: ['runs', workspace] }),
      ]),
  });
}

export function usePutAlias() {
  return useModelChange(({ workspace, model, ...body }: PutAlias) =>
    put(path`/workspaces/${workspace}/models/${model}/aliases`, body),
  );
}

export function useRemoveAlias() {
  return useModelChange(({ workspace, model, alias }: RemoveAlias) =>
    del(path`/workspaces/${workspace}/models/${model}/aliases`, { alias }),
  );
}

export function usePutModelTag() {
  return useModelChange(({ workspace, model, ...body }: PutModelTag) =>
    put(path`/workspaces/${workspace}/models/${model}/tags`, body),
  );
}

export function useRemoveModelTag() {
  return useModelChange(({ workspace, model, key, version }: RemoveModelTag) =>
    del(path`/workspaces/${workspace}/models/${model}/tags`, { key, version }),
  );
}
