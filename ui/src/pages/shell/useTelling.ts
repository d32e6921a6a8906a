/** Tells the entries of a feed by the bell, each once in each browser. */
import { useEffect, useState } from 'react';
import { useNotices, type NoticeInput } from '../../lib/notices';

interface Feed<T> {
  /** Where this browser stores until when it has told everything. */
  stored: string;
  /** What its first visit begins with: what comes from then on, or what waits. */
  first: 'now' | 'waiting';
  /** The entries since a time (ms); the identity must change with the data only. */
  useEntries: (since: number) => T[] | undefined;
  at: (entry: T) => number;
}

/** The time up to which this browser has told everything. */
function told(stored: string, first: 'now' | 'waiting'): number {
  const value = Number(localStorage.getItem(stored));
  if (Number.isFinite(value) && value > 0) return value;
  const start = first === 'now' ? Date.now() : 0;
  localStorage.setItem(stored, String(start));
  return start;
}

/** `say` turns an entry into what the bell tells. It may change with each rendering. */
export function useTelling<T>({ stored, first, useEntries, at }: Feed<T>, say: (entry: T) => NoticeInput): void {
  const { notify } = useNotices();
  const [since, setSince] = useState(() => told(stored, first));
  const entries = useEntries(since);
  useEffect(() => {
    if (!entries?.length) return;
    const last = Math.max(...entries.map(at));
    const before = told(stored, first);
    if (last <= before) return; // another tab has told it
    localStorage.setItem(stored, String(last));
    setSince(last);
    const fresh = entries.filter((entry) => at(entry) > before).sort((one, other) => at(one) - at(other));
    for (const entry of fresh) notify(say(entry));
  }, [at, entries, first, notify, say, stored]);
}
