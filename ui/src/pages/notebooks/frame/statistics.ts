/** Statistics of a column as the kernel sends them. Pure. */

export const FACTS = ['min', 'q25', 'median', 'q75', 'max', 'mean', 'std'] as const;

export interface Statistics {
  rows: number;
  missing: number;
  /** null: its values cannot be compared. */
  unique: number | null;
  infinite: number;
  values: [(typeof FACTS)[number], unknown][];
  bins: { from: unknown; to: unknown; count: number }[];
  top: { value: string; count: number }[];
}

function lists(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter((one): one is unknown[] => Array.isArray(one)) : [];
}

export function readStatistics(data: Record<string, unknown>): Statistics {
  return {
    rows: Number(data.rows) || 0,
    missing: Number(data.missing) || 0,
    unique: typeof data.unique === 'number' ? data.unique : null,
    infinite: Number(data.infinite) || 0,
    values: FACTS.filter((key) => data[key] !== undefined && data[key] !== null).map((key) => [key, data[key]]),
    bins: lists(data.bins).map(([from, to, count]) => ({ from, to, count: Number(count) || 0 })),
    top: lists(data.top).map(([value, count]) => ({ value: String(value), count: Number(count) || 0 })),
  };
}
