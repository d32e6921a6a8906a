/** Queries of notebooks' records. Their content is read and saved through Jupyter. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post, put } from './client';
import type {
  AllowPictures,
  CreateNotebook,
  CreateNotebookVersion,
  FormattedCell,
  FormattedCells,
  Notebook,
  NotebookVersion,
  NotebookVersionContent,
  NotebookVersionPath,
  NotebookVersions,
  Pictures,
  UpdateNotebook,
  UpdateNotebookVersion,
} from './schema';

export function notebookQuery(workspace: string, notebook: string) {
  return queryOptions({
    queryKey: ['notebooks', workspace, notebook],
    queryFn: ({ signal }) => get<Notebook>(path`/workspaces/${workspace}/notebooks/${notebook}`, {}, signal),
  });
}

export function useNotebook(workspace: string, notebook: string) {
  return useQuery(notebookQuery(workspace, notebook));
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

/** Format Python cells; each comes back as it is formatted, or unchanged with the reason. */
export async function formatCells(workspace: string, notebook: string, cells: string[]): Promise<FormattedCell[]> {
  return (await post<FormattedCells>(path`/workspaces/${workspace}/notebooks/${notebook}/format`, { cells })).cells;
}

/** Where the notebook is with its outputs as a page that needs nothing else. */
export function htmlAddress(workspace: string, notebook: string, language: string, print = false): string {
  return `${path`/workspaces/${workspace}/notebooks/${notebook}/html`}?${new URLSearchParams({ language, print: String(print) })}`;
}

function getPictures(workspace: string, notebook: string, signal?: AbortSignal): Promise<Pictures> {
  return get<Pictures>(path`/workspaces/${workspace}/notebooks/${notebook}/pictures`, {}, signal);
}

/** Whether this person lets the notebook show pictures from other addresses. */
export async function arePicturesAllowed(workspace: string, notebook: string): Promise<boolean> {
  return (await getPictures(workspace, notebook)).allowed;
}

export function usePictures(workspace: string, notebook: string) {
  return useQuery({
    queryKey: ['notebooks', workspace, notebook, 'pictures'],
    queryFn: ({ signal }) => getPictures(workspace, notebook, signal),
  });
}

export function useAllowPictures() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, notebook, ...body }: AllowPictures) =>
      put<Pictures>(path`/workspaces/${workspace}/notebooks/${notebook}/pictures`, body),
    onSuccess: (pictures, { workspace, notebook }) =>
      client.setQueryData(['notebooks', workspace, notebook, 'pictures'], pictures),
  });
}

/** The version history of a notebook, newest first. */
export function useVersions(workspace: string, notebook: string) {
  return useQuery({
    queryKey: ['notebooks', workspace, notebook, 'versions'],
    queryFn: ({ signal }) => get<NotebookVersions>(path`/workspaces/${workspace}/notebooks/${notebook}/versions`, {}, signal),
    select: (reply) => reply.versions,
  });
}

/** The document of a version, which never changes. */
export function useVersionDocument({ workspace, notebook, version }: NotebookVersionPath) {
  return useQuery({
    queryKey: ['notebook-version', version],
    queryFn: async ({ signal }) => {
      const where = path`/workspaces/${workspace}/notebooks/${notebook}/versions/${version}`;
      return (await get<NotebookVersionContent>(where, {}, signal)).document;
    },
    staleTime: Infinity,
  });
}

function useVersionChange<Request extends { workspace: string; notebook: string }, Reply>(change: (request: Request) => Promise<Reply>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: (_reply, _error, { workspace, notebook }) =>
      client.invalidateQueries({ queryKey: ['notebooks', workspace, notebook, 'versions'] }),
  });
}

export function useCreateVersion() {
  return useVersionChange(({ workspace, notebook, ...body }: CreateNotebookVersion) =>
    post<NotebookVersion>(path`/workspaces/${workspace}/notebooks/${notebook}/versions`, body),
  );
}

export function useUpdateVersion() {
  return useVersionChange(({ workspace, notebook, version, ...body }: UpdateNotebookVersion) =>
    patch<NotebookVersion>(path`/workspaces/${workspace}/notebooks/${notebook}/versions/${version}`, body),
  );
}

export function useDeleteVersion() {
  return useVersionChange(({ workspace, notebook, version }: NotebookVersionPath) =>
    del(path`/workspaces/${workspace}/notebooks/${notebook}/versions/${version}`),
  );
}
