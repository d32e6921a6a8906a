/** Service accounts of a workspace, for its admins. Only the reply to a token's creation has its secret. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Role } from '../lib/roles';
import { del, get, patch, path, post } from './client';
import type { CreateToken, NewToken, ServiceAccounts } from './schema';

export function useServiceAccounts(workspace: string) {
  return useQuery({
    queryKey: ['members', workspace, 'service-accounts'],
    queryFn: ({ signal }) => get<ServiceAccounts>(path`/workspaces/${workspace}/service-accounts`, {}, signal),
    select: (reply) => reply.accounts,
  });
}

function useChange<T, R>(change: (body: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['members'] }) });
}

export function useCreateServiceAccount(workspace: string, role: Role) {
  return useChange((body: CreateToken) => post<NewToken>(path`/workspaces/${workspace}/service-accounts`, { ...body, role }));
}

export function useCreateServiceToken(workspace: string, account: string) {
  return useChange((body: CreateToken) => post<NewToken>(path`/workspaces/${workspace}/service-accounts/${account}/tokens`, body));
}

export function useRevokeServiceToken(workspace: string, account: string) {
  return useChange((token: string) => del(path`/workspaces/${workspace}/service-accounts/${account}/tokens/${token}`));
}

export function useDisableServiceAccount(workspace: string, account: string) {
  return useChange((disabled: boolean) => patch(path`/workspaces/${workspace}/service-accounts/${account}`, { disabled }));
}

export function useRemoveServiceAccount(workspace: string, account: string) {
  return useChange(() => del(path`/workspaces/${workspace}/service-accounts/${account}`));
}
