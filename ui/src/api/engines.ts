/** Queries of Spark engines: the two of the server's machine, and the operator's Spark Connect servers. */
import { useQuery } from '@tanstack/react-query';
import { get } from './client';
import type { Engines } from './schema';

export function useEngines() {
  return useQuery({
    queryKey: ['engines'],
    queryFn: ({ signal }) => get<Engines>('/engines', {}, signal),
    select: (reply) => reply.engines,
    staleTime: 30_000,
  });
}
