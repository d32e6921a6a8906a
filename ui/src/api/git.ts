/** Queries of a workspace's git repository: what has changed, commits, and where they are pushed. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, path, post, postForContent, put } from './client';
import type { ArchiveGitRepository, CreateGitCommit, FetchedGitBranch, GitCommit, GitCommitDetails, GitCommits, GitIncoming, GitPulled, GitRemote, GitStatus, GitTexts, PullGitBranch, SetGitRemote } from './schema';

export function useGitStatus(workspace: string) {
  return useQuery({
    queryKey: ['git', workspace, 'status'],
    queryFn: ({ signal }) => get<GitStatus>(path`/workspaces/${workspace}/git`, {}, signal),
    refetchOnMount: 'always',
  });
}

export function useGitCommits(workspace: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ['git', workspace, 'commits'],
    queryFn: ({ pageParam, signal }) => get<GitCommits>(path`/workspaces/${workspace}/git/commits`, { before: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (page: GitCommits) => (page.more ? page.commits.at(-1)?.id : undefined),
    enabled,
  });
}

export function useGitCommit(workspace: string, commit: string) {
  return useQuery({
    queryKey: ['git', workspace, 'commit', commit],
    queryFn: ({ signal }) => get<GitCommitDetails>(path`/workspaces/${workspace}/git/commits/${commit}`, {}, signal),
    enabled: commit !== '',
    staleTime: Infinity,
  });
}

/** What a pull would bring, for a dialog: fetched each time it is opened. */
export function useGitIncoming(workspace: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['git-incoming', workspace],
    queryFn: async () => {
      const found = await post<GitIncoming>(path`/workspaces/${workspace}/git/incoming`);
      void client.invalidateQueries({ queryKey: ['git', workspace, 'status'] });
      return found;
    },
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function usePull() {
  return useMutation({
    mutationFn: ({ workspace, ...body }: PullGitBranch) => post<GitPulled>(path`/workspaces/${workspace}/git/pull`, body),
    onSettled: useSettled(),
  });
}

/** In place of a commit's id: the workspace's file, and the one of the branch that was fetched. */
export const INCOMING = 'incoming';

/** The two texts of a file: before and after a commit, or as committed last and as it is now. */
export function useGitTexts(workspace: string, commit: string, file: string) {
  const isCommit = commit !== '' && commit !== INCOMING;
  const where = isCommit
    ? path`/workspaces/${workspace}/git/commits/${commit}/comparison`
    : commit
      ? path`/workspaces/${workspace}/git/incoming/comparison`
      : path`/workspaces/${workspace}/git/comparison`;
  return useQuery({
    queryKey: ['git', workspace, 'texts', commit, file],
    queryFn: ({ signal }) => get<GitTexts>(where, { path: file }, signal),
    staleTime: isCommit ? Infinity : 0,
  });
}

export function useCommit() {
  return useMutation({
    mutationFn: ({ workspace, ...body }: CreateGitCommit) => post<GitCommit>(path`/workspaces/${workspace}/git/commits`, body),
    onSettled: useSettled(),
  });
}

export function usePush() {
  return useMutation({
    mutationFn: ({ workspace }: { workspace: string }) => post(path`/workspaces/${workspace}/git/push`),
    onSettled: useSettled(),
  });
}

export function useFetchBranch() {
  return useMutation({
    mutationFn: ({ workspace }: { workspace: string }) => post<FetchedGitBranch>(path`/workspaces/${workspace}/git/fetch`),
    onSettled: useSettled(),
  });
}

export function useSetRemote() {
  return useMutation({
    mutationFn: ({ workspace, ...body }: SetGitRemote) => put<GitRemote>(path`/workspaces/${workspace}/git/remote`, body),
    onSettled: useSettled(),
  });
}

/** The files of a repository elsewhere, as an archive that is named as it. */
export async function getArchive({ workspace, ...body }: ArchiveGitRepository): Promise<File> {
  const content = await postForContent(path`/workspaces/${workspace}/git/archive`, body);
  const name = body.remote_url.trim().replace(/\/+$/, '').replace(/\.git$/, '').split('/').at(-1);
  return new File([content], `${name || 'repository'}.zip`);
}

/** Read everything again, also after a failure, since files may have changed meanwhile. */
function useSettled() {
  const client = useQueryClient();
  return (_: unknown, __: unknown, { workspace }: { workspace: string }) => client.invalidateQueries({ queryKey: ['git', workspace] });
}
