/** Which limit of its capacity a session exceeded. Pure: from a file that anyone may have written. */
import type { Ended } from '../../api/schema';

export function readExceeded(data: unknown): Pick<Ended, 'reason' | 'limit'> | null {
  if (typeof data !== 'object' || data === null) return null;
  const { reason, limit }: Record<string, unknown> = { ...data };
  if ((reason !== 'memory' && reason !== 'processes') || typeof limit !== 'number') return null;
  return { reason, limit };
}
