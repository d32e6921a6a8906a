/** The bin of a workspace, or of removed workspaces where the address names none. */
import { DeleteRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useBin, useRemovedWorkspaces, useRestoreItem, useRestoreWorkspace } from '../../api/bin';
import { useWorkspace } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { BinTable } from './BinTable';

function ItemsBin({ workspace }: { workspace: string }) {
  const { t } = useTranslation('workspaces');
  const { notify } = useNotices();
  const { data, error, refetch } = useBin(workspace);
  const name = useWorkspace(workspace).data?.name;
  const restore = useRestoreItem();
  return (
    <>
      <PageHeader title={t('bin.title')} icon={<DeleteRegular />} description={name && t('bin.of', { name })} />
      <div style={{ padding: '0 24px' }}>
        <FailureBar error={restore.error} />
      </div>
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton columns={3} rowHeight={44} />}
      {data && (
        <BinTable
          rows={data.items.map((item) => ({ ...item, deletedAt: item.deleted_at }))}
          days={data.days}
          busy={restore.isPending ? restore.variables.id : null}
          onRestore={(row) => {
            if (row.kind === 'workspace') return;
            restore.mutate(
              { workspace, kind: row.kind, id: row.id },
              { onSuccess: () => notify({ intent: 'success', title: t('bin.restored', { name: row.name }) }) },
            );
          }}
        />
      )}
    </>
  );
}

function WorkspacesBin() {
  const { t } = useTranslation('workspaces');
  const { notify } = useNotices();
  const { data, error, refetch } = useRemovedWorkspaces();
  const restore = useRestoreWorkspace();
  return (
    <>
      <PageHeader title={t('bin.workspaces')} icon={<DeleteRegular />} />
      <div style={{ padding: '0 24px' }}>
        <FailureBar error={restore.error} />
      </div>
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton columns={3} rowHeight={44} />}
      {data && (
        <BinTable
          rows={data.workspaces.map((one) => ({ kind: 'workspace', id: one.id, name: one.name, deletedAt: one.removed_at }))}
          days={data.days}
          busy={restore.isPending ? restore.variables : null}
          onRestore={(row) =>
            restore.mutate(row.id, {
              onSuccess: () => notify({ intent: 'success', title: t('bin.restored', { name: row.name }) }),
            })
          }
        />
      )}
    </>
  );
}

export default function BinPage() {
  const { workspace } = useParams();
  return workspace ? <ItemsBin workspace={workspace} /> : <WorkspacesBin />;
}
