/** Sessions: the caller's live kernels, over all workspaces. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { Isolation, ListedSession, ListedSessions, Session, Sessions } from './schema';

/** All of the caller's sessions. `poll`: ms between refreshes, for pages that show memory and processor. */
export function useSessions(poll?: number) {
  return useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => get<Sessions>('/sessions', {}, signal),
    select: (reply) => reply.sessions,
    refetchInterval: poll ?? false,
  });
}

/** How this server keeps sessions apart. */
export function useIsolation() {
  return useQuery({
    queryKey: ['isolation'],
    queryFn: ({ signal }) => get<Isolation>('/isolation', {}, signal),
  });
}

/** Everybody's sessions in a workspace; without one, of the whole installation, for its admins. */
export function useListedSessions(workspace: string | undefined, poll: number) {
  return useQuery({
    queryKey: ['sessions', 'listed', workspace ?? ''],
    queryFn: ({ signal }) =>
      get<ListedSessions>(workspace ? path`/workspaces/${workspace}/sessions` : '/sessions/all', {}, signal),
    select: (reply) => reply.sessions,
    refetchInterval: poll,
  });
}

/** Interrupt or stop a session of the list: by its workspace, or as an admin of the installation. */
export function useListedControl(workspace: string | undefined) {
  const refresh = useRefresh();
  const one = ({ id }: ListedSession) => (workspace ? path`/workspaces/${workspace}/sessions/${id}` : path`/sessions/${id}`);
  return {
    interrupt: useMutation({
      mutationFn: (session: ListedSession) => post(`${one(session)}/interrupt`),
      onSettled: refresh,
    }),
    stop: useMutation({ mutationFn: (session: ListedSession) => del(one(session)), onSettled: refresh }),
  };
}

/** The live session of a notebook, or undefined. */
export function useNotebookSession(notebook: string, poll?: number): Session | undefined {
  return useSessions(poll).data?.find((session) => session.notebook === notebook && session.job === null);
}

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['sessions'] });
}

interface One {
  workspace: string;
  session: string;
}

export function useStopSession() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, session }: One) => del(path`/workspaces/${workspace}/sessions/${session}`),
    onSettled: refresh,
  });
}

export function useRestartSession() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, session }: One) =>
      post<Session>(path`/workspaces/${workspace}/sessions/${session}/restart`),
    onSettled: refresh,
  });
}

export function useInterruptSession() {
  return useMutation({
    mutationFn: ({ workspace, session }: One) => post(path`/workspaces/${workspace}/sessions/${session}/interrupt`),
  });
}

export function useKeepAlive() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, session }: One) =>
      post<Session>(path`/workspaces/${workspace}/sessions/${session}/keep-alive`),
    onSettled: refresh,
  });
}
