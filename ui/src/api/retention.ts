/** Retention rules of a workspace: rules that delete old runs. Keys begin with "workspaces", which is live. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { DryRun, MakeRetentionRule, RetentionRules, TurnRetentionRule } from './schema';

export function useRetentionRules(workspace: string) {
  return useQuery({
    queryKey: ['workspaces', workspace, 'retention'],
    queryFn: ({ signal }) => get<RetentionRules>(path`/workspaces/${workspace}/retention-rules`, {}, signal),
    select: (reply) => reply.rules,
  });
}

/** What a rule would delete now. */
export function useDryRun(workspace: string, rule: number, enabled: boolean) {
  return useQuery({
    queryKey: ['retention-dry-run', workspace, rule],
    queryFn: ({ signal }) => get<DryRun>(path`/workspaces/${workspace}/retention-rules/${String(rule)}/dry-run`, {}, signal),
    enabled,
    staleTime: 0,
    gcTime: 0,
  });
}

function useRulesChange<T extends { workspace: string }>(change: (body: T) => Promise<RetentionRules>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (rules, { workspace }) => client.setQueryData(['workspaces', workspace, 'retention'], rules),
  });
}

export function useMakeRetentionRule() {
  return useRulesChange(({ workspace, ...body }: MakeRetentionRule) =>
    post<RetentionRules>(path`/workspaces/${workspace}/retention-rules`, body),
  );
}

export function useTurnRetentionRule() {
  return useRulesChange(({ workspace, retention_rule: rule, ...body }: TurnRetentionRule) =>
    patch<RetentionRules>(path`/workspaces/${workspace}/retention-rules/${String(rule)}`, body),
  );
}

export function useRemoveRetentionRule() {
  return useRulesChange(({ workspace, rule }: { workspace: string; rule: number }) =>
    del<RetentionRules>(path`/workspaces/${workspace}/retention-rules/${String(rule)}`),
  );
}
