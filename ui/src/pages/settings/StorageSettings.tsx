/** Storage: what the workspace keeps and may keep, emptying its bin, and the rules that delete old runs. */
import { Button, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Storage, Workspace } from '../../api/schema';
import { useDeletedCounts, useEmptyBin, useStorage } from '../../api/storage';
import { formatBytes, formatNumber } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { Hint, Section, SectionText, SectionTitle } from '../../parts/form/Section';
import { StorageMeter } from '../../parts/StorageMeter';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { RetentionRules } from './RetentionRules';

const KINDS = ['artifacts', 'files', 'notebooks'] as const;

function isFull(storage: Storage): boolean {
  return KINDS.some((kind) => storage[kind].limit > 0 && storage[kind].used >= storage[kind].limit);
}

function EmptyBin({ workspace }: { workspace: Workspace }) {
  const { t, i18n } = useTranslation('settings');
  const { notify } = useNotices();
  const empty = useEmptyBin();
  const [before, setBefore] = useState<number | null>(null);
  const counts = useDeletedCounts(workspace.id, before).data;
  const number = (value: number) => formatNumber(value, i18n.language);
  return (
    <div>
      <Button icon={<DeleteRegular />} onClick={() => setBefore(Date.now())}>
        {t('storage.emptyBin')}
      </Button>
      <ConfirmDialog
        open={before !== null}
        danger
        title={t('storage.emptyTitle')}
        confirmLabel={t('storage.emptyConfirm')}
        onConfirm={async () => {
          await empty.mutateAsync({ workspace: workspace.id, before: before ?? 0 });
          notify({ intent: 'success', title: t('storage.emptied') });
        }}
        onClose={() => setBefore(null)}
      >
        {counts ? (
          t('storage.emptyText', {
            runs: number(counts.runs),
            notebooks: number(counts.notebooks),
            experiments: number(counts.experiments),
            size: formatBytes(counts.bytes, i18n.language),
          })
        ) : (
          <Spinner size="tiny" label={t('remove.counting')} />
        )}
      </ConfirmDialog>
    </div>
  );
}

export function StorageSettings({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useStorage(workspace.id);
  const admin = workspace.role === 'admin';
  return (
    <Section>
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton rows={3} columns={2} />}
      {data && (
        <>
          {isFull(data.storage) && (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{t('storage.full', { admins: data.admins.slice(0, 3).join(', ') })}</MessageBarBody>
            </MessageBar>
          )}
          {KINDS.map((kind) => (
            <StorageMeter key={kind} label={t(`storage.${kind}`)} room={data.storage[kind]} bytes={kind !== 'notebooks'} />
          ))}
          <Hint>{t('storage.hint')}</Hint>
        </>
      )}
      {admin && <EmptyBin workspace={workspace} />}
      <SectionTitle>{t('retention.title')}</SectionTitle>
      <SectionText>{t('retention.text')}</SectionText>
      <RetentionRules workspace={workspace} />
    </Section>
  );
}
