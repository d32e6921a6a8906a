/** The rows of a displayed frame: those in the output, or pages that the kernel is asked for as they come into view. */
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { askPage, type Filter, type FramePage, type FrameQuery } from '../lab/displayed';
import type { KernelRequests } from '../lab/kernelRequests';
import { arrange, type Frame, type Sort } from './frame';

const PAGE = 200;
/** More rows than this are higher than a browser can scroll. */
export const REACHABLE = 1_000_000;

export interface Row {
  cells: unknown[];
  label: unknown;
}

export interface Rows {
  /** How many there are to scroll through. */
  count: number;
  /** How many match; null: not known yet. */
  matching: number | null;
  /** Null: on its way. */
  at: (index: number) => Row | null;
  waiting: boolean;
  /** Why the kernel gave no rows. */
  failed: string | null;
  /** Tell which rows are in view. */
  onView: (first: number, last: number) => void;
}

interface Asked {
  search: string;
  filters: readonly Filter[];
  sort: Sort | null;
}

function localRow(frame: Frame, row: number): Row {
  return { cells: frame.rows[row] ?? [], label: frame.index ? frame.index[row] : row + 1 };
}

function pageRow(page: FramePage, at: number, index: number): Row | null {
  const cells = page.rows[at];
  if (!cells) return null;
  return { cells, label: page.index ? page.index[at] : (page.numbers?.[at] ?? index) + 1 };
}

/** All rows are in the output. */
export function isComplete(frame: Frame): boolean {
  return frame.exact && frame.total === frame.rows.length;
}

export function useRows(frame: Frame, displayed: KernelRequests | null, asked: Asked): Rows {
  const plain = !asked.search && asked.filters.length === 0 && !asked.sort;
  const remote = displayed !== null && (!isComplete(frame) || asked.filters.length > 0);
  const local = useMemo(
    () => (remote && !plain ? [] : arrange(frame, asked.search, asked.sort)),
    [frame, asked, remote, plain],
  );
  const [view, setView] = useState<readonly [number, number]>([0, 0]);
  const query: FrameQuery = { search: asked.search, filters: asked.filters, sort: asked.sort };
  const options = (page: number) => ({
    queryKey: ['displayed', frame.key, query, page],
    queryFn: () => {
      if (!displayed) throw new Error('no session');
      return askPage(displayed, query, page * PAGE, PAGE);
    },
    enabled: remote,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  // of the frame as it is, the output has the first pages
  const held = plain ? Math.floor(frame.rows.length / PAGE) : 0;
  const first = useQuery({ ...options(0), enabled: remote && !plain, placeholderData: keepPreviousData });
  const from = Math.floor(view[0] / PAGE);
  const wanted = Array.from({ length: Math.floor(view[1] / PAGE) - from + 1 }, (_, i) => from + i);
  const pages = useQueries({
    queries: remote ? wanted.filter((page) => page >= held && (page > 0 || plain)).map(options) : [],
  });
  const found = new Map<number, FramePage>();
  for (const { data } of pages) if (data) found.set(data.start / PAGE, data);
  if (first.data) found.set(0, first.data);

  const error = first.error ?? pages.find((page) => page.error)?.error ?? null;
  const failed = error ? (error instanceof Error ? error.message : String(error)) : null;
  if (!remote || (plain && failed)) {
    const at = (index: number) => (local[index] === undefined ? null : localRow(frame, local[index]));
    return { count: local.length, matching: local.length, at, waiting: false, failed, onView: noView };
  }
  const matching = plain ? (frame.total ?? frame.rows.length) : failed ? 0 : (first.data?.matching ?? null);
  return {
    count: Math.min(REACHABLE, matching ?? 0),
    matching,
    at: (index) => {
      if (index < held * PAGE) return localRow(frame, index);
      const page = found.get(Math.floor(index / PAGE));
      return page ? pageRow(page, index % PAGE, index) : null;
    },
    waiting: first.isFetching || pages.some((page) => page.isFetching),
    failed,
    onView: (start, end) => setView((old) => (old[0] === start && old[1] === end ? old : [start, end])),
  };
}

function noView(): void {
  // all rows are here
}
