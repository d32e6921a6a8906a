/** Queries of webhooks: the list, changes, a test, and what became of the last messages. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { del, get, patch, path, post } from './client';
import type { ChangeWebhook, DeliveryList, MakeWebhook, WebhookList, WebhookTest, WebhookView } from './schema';

/** While a message waits for another attempt, ms between two looks; else there are none. */
const LOOK = 5_000;

export function useWebhooks(workspace: string) {
  return useQuery({
    queryKey: ['webhooks', workspace],
    queryFn: ({ signal }) => get<WebhookList>(path`/workspaces/${workspace}/webhooks`, {}, signal),
  });
}

export function useDeliveries(workspace: string, webhook: string) {
  return useQuery({
    queryKey: ['webhooks', workspace, webhook, 'deliveries'],
    queryFn: ({ signal }) => get<DeliveryList>(path`/workspaces/${workspace}/webhooks/${webhook}/deliveries`, {}, signal),
    staleTime: 0,
    refetchInterval: (query) => (query.state.data?.deliveries.some((one) => one.state === 'waiting') ? LOOK : false),
  });
}

export type WebhookEdit = Omit<MakeWebhook, 'secret'> & Pick<ChangeWebhook, 'secret' | 'active'> & { webhook?: string | undefined };

/** Make a webhook, or change the one with this `webhook`. */
export function useSaveWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, webhook, active, secret, ...body }: WebhookEdit) =>
      webhook === undefined
        ? post<WebhookView>(path`/workspaces/${workspace}/webhooks`, { ...body, secret: secret ?? '' })
        : patch<WebhookView>(path`/workspaces/${workspace}/webhooks/${webhook}`, { ...body, active, secret }),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['webhooks', workspace] }),
  });
}

interface WebhookKey {
  workspace: string;
  webhook: string;
}

export function useRemoveWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, webhook }: WebhookKey) => del(path`/workspaces/${workspace}/webhooks/${webhook}`),
    onSuccess: (_, { workspace }) => client.invalidateQueries({ queryKey: ['webhooks', workspace], exact: true }),
  });
}

export function useTestWebhook() {
  return useMutation({
    mutationFn: ({ workspace, webhook }: WebhookKey) => post<WebhookTest>(path`/workspaces/${workspace}/webhooks/${webhook}/test`, {}),
  });
}

export function useSendAgain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ workspace, webhook, delivery }: WebhookKey & { delivery: string }) =>
      post<DeliveryList>(path`/workspaces/${workspace}/webhooks/${webhook}/deliveries/${delivery}`, {}),
    onSuccess: (list, { workspace, webhook }) => client.setQueryData(['webhooks', workspace, webhook, 'deliveries'], list),
  });
}
