/** Metric histories of several runs, sampled by the server for charts. */
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get, path, post } from './client';
import type { Histories, Importance, MetricSeries, SteppedMetrics } from './schema';

const KEYS_AT_ONCE = 20;
const RUNS_AT_ONCE = 100;

async function readHistories(workspace: string, runs: string[], keys: string[], points: number): Promise<MetricSeries[]> {
  const parts: Promise<Histories>[] = [];
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const body = { runs: runs.slice(0, RUNS_AT_ONCE), keys: keys.slice(at, at + KEYS_AT_ONCE), points };
    parts.push(post<Histories>(path`/workspaces/${workspace}/metrics/histories`, body));
  }
  return (await Promise.all(parts)).flatMap((part) => part.series);
}

function historiesOf(workspace: string, runs: string[], keys: string[], points: number) {
  return {
    queryKey: ['metrics', workspace, 'histories', runs, keys, points],
    queryFn: () => readHistories(workspace, runs, keys, points),
    enabled: runs.length > 0 && keys.length > 0,
    placeholderData: keepPreviousData<MetricSeries[]>,
  };
}

/** Histories of these metrics with at most `points` per series. Refetched while runs of the workspace log. */
export function useHistories(workspace: string, runs: string[], keys: string[], points = 320) {
  return useQuery(historiesOf(workspace, runs, keys, points));
}

/** The same for runs of several workspaces. */
export function usePlacedHistories(places: { workspace: string; runs: string[] }[], keys: string[], points: number) {
  return useQueries({
    queries: places.map(({ workspace, runs }) => historiesOf(workspace, runs, keys, points)),
    combine: (found) => ({ data: found.flatMap((one) => one.data ?? []), isPending: found.some((one) => one.isLoading) }),
  });
}

function steppedOf(workspace: string, runs: string[]) {
  return {
    queryKey: ['metrics', workspace, 'stepped', runs],
    queryFn: () => post<SteppedMetrics>(path`/workspaces/${workspace}/metrics/stepped`, { runs: runs.slice(0, RUNS_AT_ONCE) }),
    enabled: runs.length > 0,
    placeholderData: keepPreviousData<SteppedMetrics>,
  };
}

/** Which metrics of these runs have a history of more than one point. */
export function useSteppedMetrics(workspace: string, runs: string[]) {
  return useQuery({ ...steppedOf(workspace, runs), select: (found) => new Set(found.keys) });
}

/** The same for runs of several workspaces; undefined until each has answered, or has refused. */
export function usePlacedSteppedMetrics(places: { workspace: string; runs: string[] }[]): Set<string> | undefined {
  const { keys, isPending } = useQueries({
    queries: places.map(({ workspace, runs }) => ({ ...steppedOf(workspace, runs), retry: false })),
    combine: (found) => ({ keys: found.flatMap((one) => one.data?.keys ?? []), isPending: found.some((one) => one.isPending) }),
  });
  return useMemo(() => (isPending ? undefined : new Set(keys)), [keys, isPending]);
}

/** Which params explain a metric, over all runs of the experiment that the filter matches. */
export function useImportance(workspace: string, experiment: string, metric: string, filter: string) {
  return useQuery({
    queryKey: ['importance', workspace, experiment, metric, filter],
    queryFn: ({ signal }) => get<Importance>(path`/workspaces/${workspace}/experiments/${experiment}/importance`, { metric, filter }, signal),
    enabled: metric !== '',
    staleTime: 60_000,
  });
}
