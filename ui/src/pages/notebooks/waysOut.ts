/** What can be done about an error of Spark. Pure: from a file that anyone may have written. */

export type LocalEngine = 'quick' | 'apache';

export interface Ways {
  /** The engine did not start: nothing is lost by running the cell again, on whichever engine. */
  retry: boolean;
  engines: LocalEngine[];
}

export function readWays(data: unknown): Ways | null {
  if (typeof data !== 'object' || data === null) return null;
  const { retry, engines }: Record<string, unknown> = { ...data };
  if (typeof retry !== 'boolean' || !Array.isArray(engines)) return null;
  return { retry, engines: (['quick', 'apache'] as const).filter((engine) => engines.includes(engine)) };
}
