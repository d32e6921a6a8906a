/** Comments on runs and notebooks: threads, writing, and what the bell tells of them. Live by changes of "comments". */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { CommentNoticeList, Threads } from './schema';

/** What is commented on. */
export interface CommentTarget {
  workspace: string;
  kind: 'run' | 'notebook';
  id: string;
}

const keyOf = ({ workspace, kind, id }: CommentTarget) => ['comments', workspace, kind, id];
const named = ({ kind, id }: CommentTarget) => ({ [kind]: id });

export function useThreads(target: CommentTarget) {
  return useQuery({
    queryKey: keyOf(target),
    queryFn: ({ signal }) => get<Threads>(path`/workspaces/${target.workspace}/comments`, named(target), signal),
  });
}

function useChange<T>(target: CommentTarget, change: (body: T) => Promise<Threads>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: (threads) => client.setQueryData(keyOf(target), threads) });
}

export function useWriteComment(target: CommentTarget) {
  return useChange(target, (body: { text: string; thread: number | null }) =>
    post<Threads>(path`/workspaces/${target.workspace}/comments`, { ...named(target), ...body }),
  );
}

export function useChangeComment(target: CommentTarget) {
  return useChange(target, ({ comment, ...body }: { comment: number; text?: string; resolved?: boolean }) =>
    patch<Threads>(path`/workspaces/${target.workspace}/comments/${String(comment)}`, { ...named(target), ...body }),
  );
}

export function useDeleteComment(target: CommentTarget) {
  return useChange(target, (comment: number) =>
    del<Threads>(path`/workspaces/${target.workspace}/comments/${String(comment)}`, named(target)),
  );
}

export function useCommentNotices(since: number) {
  return useQuery({
    queryKey: ['comment-notices', since],
    queryFn: ({ signal }) => get<CommentNoticeList>('/comment-notices', { since }, signal),
    select: (reply) => reply.notices,
  });
}
