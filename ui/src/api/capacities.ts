/** Queries of capacities: the limits of sessions that workspaces and notebooks choose from. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { Capacities, Capacity, CreateCapacity } from './schema';

export function useCapacities() {
  return useQuery({
    queryKey: ['capacities'],
    queryFn: ({ signal }) => get<Capacities>('/capacities', {}, signal),
    staleTime: 10_000,
  });
}

export interface CapacityEdit extends CreateCapacity {
  /** The capacity to change; without it, a new one is made. */
  id?: string | undefined;
}

export function useSaveCapacity() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: CapacityEdit) =>
      id === undefined ? post<Capacity>('/capacities', body) : patch<Capacity>(path`/capacities/${id}`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['capacities'] }),
  });
}

export function useRemoveCapacity() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => del(path`/capacities/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['capacities'] }),
  });
}
