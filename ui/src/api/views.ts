/** Saved views of an experiment's run list. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { RemoveView, SavedViews, SaveView } from './schema';

export function useViews(workspace: string, experiment: string) {
  return useQuery({
    queryKey: ['experiments', workspace, experiment, 'views'],
    queryFn: ({ signal }) => get<SavedViews>(path`/workspaces/${workspace}/experiments/${experiment}/views`, {}, signal),
    select: (found) => found.views,
  });
}

function useViewChange<T extends { workspace: string; experiment: string }>(change: (body: T) => Promise<SavedViews>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (views, { workspace, experiment }) => client.setQueryData(['experiments', workspace, experiment, 'views'], views),
  });
}

export function useSaveView() {
  return useViewChange(({ workspace, experiment, ...body }: SaveView) =>
    post<SavedViews>(path`/workspaces/${workspace}/experiments/${experiment}/views`, body),
  );
}

export function useRemoveView() {
  return useViewChange(({ workspace, experiment, view }: RemoveView) =>
    del<SavedViews>(path`/workspaces/${workspace}/experiments/${experiment}/views/${view}`),
  );
}
