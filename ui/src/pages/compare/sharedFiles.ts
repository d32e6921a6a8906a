/** Files of several runs as one tree. Listings and texts are cached with those of each run's own page. */
import { useQueries, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { RunFile } from '../../lib/compareFiles';
import { readBeginning } from '../../parts/files/beginning';
import { folderOf, FRESH, listingQuery } from '../../parts/files/listing';
import type { Source } from '../../parts/files/source';

/** What is compared: a run, or a version of a model. */
export interface FileRun {
  id: string;
  name: string;
  color: string | undefined;
  to: string;
  source: Source;
  /** The run whose code is compared; null for a version that came from none. */
  code: { workspace: string; run: string } | null;
}

/** A run with the file that is looked at. */
export interface HeldFile {
  run: FileRun;
  source: Source;
  file: RunFile;
}

async function hasFolder(client: QueryClient, source: Source, folder: string): Promise<boolean> {
  if (!folder) return true;
  const parent = folderOf(folder);
  if (!(await hasFolder(client, source, parent))) return false;
  return (await client.fetchQuery(listingQuery(source, parent))).some((file) => file.is_dir && file.path === folder);
}

/** What is in a folder of each run; nothing where a run has no such folder. */
export function listings(client: QueryClient, sources: readonly Source[], folder: string): Promise<RunFile[][]> {
  const path = folder.replace(/\/$/, '');
  return Promise.all(sources.map(async (source) => ((await hasFolder(client, source, path)) ? client.fetchQuery(listingQuery(source, path)) : [])));
}

export interface ReadableRuns {
  runs: FileRun[];
  sources: Source[];
  /** Whether a run has any file. */
  any: boolean;
  failed: { run: FileRun; error: unknown }[];
  isPending: boolean;
}

/** The runs whose files can be listed, and those whose cannot, such as files that are stored elsewhere. */
export function useReadableRuns(all: readonly FileRun[]): ReadableRuns {
  const sources = useMemo(() => all.map((run) => run.source), [all]);
  const roots = useQueries({ queries: sources.map((source) => listingQuery(source, '')) });
  const isPending = roots.some((root) => root.isPending);
  const readable = roots.flatMap((root, at) => (root.data ? [at] : [])).join();
  const kept = useMemo(() => {
    const places = new Set(readable.split(',').filter(Boolean).map(Number));
    return { runs: all.filter((_, at) => places.has(at)), sources: sources.filter((_, at) => places.has(at)) };
  }, [all, sources, readable]);
  const failed = roots.flatMap((root, at) => {
    const run = all[at];
    return root.error && !root.data && run ? [{ run, error: root.error }] : [];
  });
  return { ...kept, any: roots.some((root) => root.data?.length), failed, isPending };
}

/** What is in this folder of each of the runs. */
export function useListings(sources: readonly Source[], folder: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['files', sources.map((source) => source.id).join(' '), folder, 'each'],
    queryFn: () => listings(client, sources, folder),
    staleTime: FRESH,
  });
}

/** The texts of these files, or their beginnings of at most `bytes` bytes. */
export function useTexts(held: readonly HeldFile[], bytes: number) {
  return useQueries({
    queries: held.map(({ source, file }) => {
      const cut = (file.size ?? 0) > bytes;
      return {
        queryKey: ['files', source.id, file.path, 'text', cut ? bytes : 'whole'],
        queryFn: () => readBeginning(source.content(file.path), bytes, !cut),
        staleTime: FRESH,
      };
    }),
    combine: (results) => ({
      texts: results.flatMap((one) => (one.data === undefined ? [] : [one.data])),
      isPending: results.some((one) => one.isPending),
      error: results.find((one) => one.error)?.error ?? null,
      retry: () => results.forEach((one) => void (one.error && one.refetch())),
    }),
  });
}
