/** Notices about runs: the person's rules of an experiment, and what they noticed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, path, post } from './client';
import type { MakeNoticeRule, NoticeRules, RunNoticeList } from './schema';

export function useNoticeRules(workspace: string, experiment: string) {
  return useQuery({
    queryKey: ['experiments', workspace, experiment, 'notice-rules'],
    queryFn: ({ signal }) => get<NoticeRules>(path`/workspaces/${workspace}/experiments/${experiment}/notice-rules`, {}, signal),
  });
}

function useRuleChange<T extends { workspace: string; experiment: string }>(change: (body: T) => Promise<NoticeRules>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (rules, { workspace, experiment }) => client.setQueryData(['experiments', workspace, experiment, 'notice-rules'], rules),
  });
}

export function useMakeNoticeRule() {
  return useRuleChange(({ workspace, experiment, ...body }: MakeNoticeRule) =>
    post<NoticeRules>(path`/workspaces/${workspace}/experiments/${experiment}/notice-rules`, body),
  );
}

export function useRemoveNoticeRule() {
  return useRuleChange(({ workspace, experiment, rule }: { workspace: string; experiment: string; rule: number }) =>
    del<NoticeRules>(path`/workspaces/${workspace}/experiments/${experiment}/notice-rules/${String(rule)}`),
  );
}

/** Live: the server reports a change of the experiment with every notice. */
export function useRunNotices(since: number) {
  return useQuery({
    queryKey: ['run-notices', since],
    queryFn: ({ signal }) => get<RunNoticeList>('/run-notices', { since }, signal),
  });
}
