/** Reports: the record with its blocks, and the runs that a block shows, read as the person who looks. */
import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { get, patch, path, post, put } from './client';
import { includeOf, extremesOf, searchRuns } from './runs';
import type { AppendToReport, CreateReport, ReportPage, ReportRuns, RunPage, RunRow, SaveReport, UpdateReport } from './schema';

export function useReport(workspace: string, report: string) {
  return useQuery({
    queryKey: ['reports', workspace, report],
    queryFn: ({ signal }) => readReport(workspace, report, signal),
  });
}

export function readReport(workspace: string, report: string, signal?: AbortSignal): Promise<ReportPage> {
  return get<ReportPage>(path`/workspaces/${workspace}/reports/${report}`, {}, signal);
}

export function saveReport({ workspace, report, ...body }: SaveReport): Promise<ReportPage> {
  return put<ReportPage>(path`/workspaces/${workspace}/reports/${report}/blocks`, body);
}

function useReportChange<T>(change: (body: T) => Promise<ReportPage>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (changed) => {
      client.setQueryData(['reports', changed.workspace, changed.id], changed);
      void client.invalidateQueries({ queryKey: ['items', changed.workspace] });
      void client.invalidateQueries({ queryKey: ['recent'] });
    },
  });
}

export function useUpdateReport() {
  return useReportChange(({ workspace, report, ...body }: UpdateReport) => patch<ReportPage>(path`/workspaces/${workspace}/reports/${report}`, body));
}

export function useCreateReport() {
  return useReportChange(({ workspace, ...body }: CreateReport) => post<ReportPage>(path`/workspaces/${workspace}/reports`, body));
}

export function useAppendToReport() {
  return useReportChange(({ workspace, report, ...body }: AppendToReport) => post<ReportPage>(path`/workspaces/${workspace}/reports/${report}/blocks`, body));
}

/** A run with the workspace that it is in. */
export interface PlacedRun extends RunRow {
  workspace: string;
}

export interface FoundRuns {
  runs: PlacedRun[];
  pending: boolean;
  /** Named runs that are gone, moved, or not the person's to read. */
  missing: number;
  /** Why the search of a block has no answer; null for named runs, which are missing then. */
  error: unknown;
  /** How many runs the search matches. */
  total: number;
}

function quoted(ids: string[]): string {
  return ids.filter((id) => /^[\w-]+$/.test(id)).map((id) => `'${id}'`).join(', ');
}

/** What rows hold: what these columns show, or everything. */
export type Wanted = string[] | 'all';

/** The queries of a block's runs, one for each experiment. */
function queriesOf({ search, picks }: ReportRuns, wanted: Wanted) {
  const shown = wanted === 'all' ? {} : { include: includeOf(wanted), ...extremesOf(wanted) };
  const places = search
    ? [{ ...search, filter: search.filter, order: search.order_by, limit: search.limit }]
    : picks.map((one) => ({ ...one, filter: `attributes.run_id IN (${quoted(one.runs)})`, order: [], limit: one.runs.length }));
  return places.map(({ workspace, experiment, filter, order, limit }) => ({
    queryKey: ['runs', workspace, 'picked', experiment, 'report', filter, order, limit, shown],
    queryFn: async ({ signal }: { signal: AbortSignal }) => ({
      workspace,
      page: await searchRuns(workspace, experiment, { filter, order_by: order, limit, exact_total: true, ...shown }, signal),
    }),
    retry: false,
    placeholderData: keepPreviousData<{ workspace: string; page: RunPage }>,
  }));
}

type Answer = { workspace: string; page: RunPage } | undefined;

function foundOf({ search, picks }: ReportRuns, answers: Answer[], errors: unknown[], pending: boolean): FoundRuns {
  const placed = answers.flatMap((one) => one?.page.runs.map((run): PlacedRun => ({ ...run, workspace: one.workspace })) ?? []);
  if (search) return { runs: placed, pending, missing: 0, error: errors.find((one) => one !== null) ?? null, total: answers[0]?.page.total ?? 0 };
  const wanted = picks.flatMap((one) => one.runs);
  const runs = wanted.flatMap((id) => placed.filter((run) => run.run_id === id));
  return { runs, pending, missing: pending ? 0 : wanted.length - runs.length, error: null, total: runs.length };
}

/** The runs of a block, with what these columns show; read again as runs change. */
export function useReportRuns(source: ReportRuns, columns: Wanted): FoundRuns {
  return useQueries({
    queries: queriesOf(source, columns),
    combine: (found) =>
      foundOf(
        source,
        found.map((one) => one.data),
        found.map((one) => one.error),
        found.some((one) => one.isPending),
      ),
  });
}

/** The same, once. */
export async function readReportRuns(client: QueryClient, source: ReportRuns, columns: string[]): Promise<FoundRuns> {
  const settled = await Promise.allSettled(queriesOf(source, columns).map(({ queryKey, queryFn }) => client.fetchQuery({ queryKey, queryFn, retry: false, staleTime: 5000 })));
  return foundOf(
    source,
    settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)),
    settled.map((one): unknown => (one.status === 'rejected' ? one.reason : null)),
    false,
  );
}
