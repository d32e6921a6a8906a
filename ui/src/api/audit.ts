/** The audit log: of the installation, or of one workspace. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { address, get, path, type Query } from './client';
import type { AuditPage } from './schema';

export interface AuditFilter {
  user: string;
  area: string;
  target: string;
  /** Times in ms; `until` is excluded. */
  since: number | null;
  until: number | null;
}

const PAGE = 200;

function where(workspace: string | undefined): string {
  return workspace ? path`/workspaces/${workspace}/audit` : '/audit';
}

function query({ user, area, target, since, until }: AuditFilter): Query {
  return { user: user || null, area: area || null, target: target || null, since, until };
}

/** Entries, newest first, page after page. */
export function useAudit(workspace: string | undefined, filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ['audit', workspace ?? '', filter],
    queryFn: ({ pageParam, signal }) =>
      get<AuditPage>(where(workspace), { ...query(filter), before: pageParam || null, limit: PAGE }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => (last.more ? String(last.entries.at(-1)?.id ?? '') || undefined : undefined),
    placeholderData: keepPreviousData,
  });
}

/** Where all matching entries are downloaded as CSV. */
export function auditCsv(workspace: string | undefined, filter: AuditFilter): string {
  return address(`${where(workspace)}/csv`, query(filter));
}
