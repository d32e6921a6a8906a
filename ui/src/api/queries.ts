/** The cache of server data. Query keys are [noun, workspace, ...]; events invalidate them by noun. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../lib/errors';

/** Retry network errors and 5xx, but not 4xx. */
export function shouldRetry(failures: number, error: unknown): boolean {
  const lasting = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !lasting && failures < 2;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, gcTime: 600_000, retry: shouldRetry, refetchOnWindowFocus: true, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
}
