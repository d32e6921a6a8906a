/** Small lists in local storage (pins, open notebooks), synchronized between tabs. */
import { useCallback, useMemo, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** Parse a stored list; invalid content counts as an empty one. */
export function readList(text: string | null): string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** A list and how to change it; `change` gets the newest list, so that two changes in a row both count. */
export function useStoredList(key: string): [string[], (change: (old: string[]) => string[]) => void] {
  const text = useSyncExternalStore(subscribe, () => localStorage.getItem(key));
  const list = useMemo(() => readList(text), [text]);
  const change = useCallback(
    (next: (old: string[]) => string[]) => {
      const old = localStorage.getItem(key);
      const kept = JSON.stringify(next(readList(old)));
      if (kept === old) return;
      localStorage.setItem(key, kept);
      listeners.forEach((tell) => tell());
    },
    [key],
  );
  return [list, change];
}

/** In or out. */
export function toggled(list: readonly string[], one: string): string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}

/** Move `one` to the front without duplicates; keep at most `most`. */
export function withFirst(list: readonly string[], one: string, most: number): string[] {
  return [one, ...list.filter((other) => other !== one)].slice(0, most);
}
