/** All workspaces that the person may see. */
import { Button, SearchBox } from '@fluentui/react-components';
import { AddRegular, DeleteRegular, StackRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { path } from '../../api/client';
import { useWorkspaces } from '../../api/workspaces';
import { matches } from '../../lib/match';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { PageHeader } from '../../parts/PageHeader';
import { PageTools } from '../../parts/PageTools';
import { RelativeTime } from '../../parts/RelativeTime';
import { PageTable } from '../../parts/table/PlainTable';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { NewWorkspacePanel } from './NewWorkspacePanel';
import styles from './WorkspacesPage.module.css';

function WorkspacesTable({ onNew }: { onNew: () => void }) {
  const { t } = useTranslation('workspaces');
  const { data, error, refetch } = useWorkspaces();
  const [search] = useSearchParams();
  const filter = search.get('filter') ?? '';
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={3} />;
  const shown = data.filter((workspace) => matches(`${workspace.name} ${workspace.description}`, filter));
  if (!shown.length) {
    return (
      <EmptyState
        icon={<StackRegular />}
        title={t(data.length ? 'list.noMatch' : 'list.empty')}
        text={data.length ? undefined : t('list.emptyText')}
        actions={
          <Button appearance="primary" icon={<AddRegular />} onClick={onNew}>
            {t('new.title')}
          </Button>
        }
      />
    );
  }
  return (
    <PageTable
      label={t('title')}
      columns={[
        { label: t('columns.name') },
        { label: t('columns.description') },
        { label: t('columns.role'), width: 150 },
        { label: t('columns.modified'), width: 150 },
      ]}
      minWidth={640}
    >
      {shown.map((workspace) => (
        <tr key={workspace.id}>
          <td>
            <Link to={path`/workspaces/${workspace.id}`} className={styles.name}>
              <KindIcon kind="workspace" />
              <MiddleEllipsis text={workspace.name} />
            </Link>
          </td>
          <td title={workspace.description}>{workspace.description}</td>
          <td>{workspace.role && t(`roles.${workspace.role}`)}</td>
          <td>
            <RelativeTime at={workspace.modified_at} />
          </td>
        </tr>
      ))}
    </PageTable>
  );
}

export default function WorkspacesPage() {
  const { t } = useTranslation('workspaces');
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const [search, setSearch] = useSearchParams();
  return (
    <>
      <PageHeader title={t('title')} icon={<StackRegular />} />
      <PageTools
        end={
          <SearchBox
            value={search.get('filter') ?? ''}
            placeholder={t('filter')}
            aria-label={t('filter')}
            onChange={(_, { value }) => setSearch(value ? { filter: value } : {}, { replace: true })}
          />
        }
      >
        <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          {t('new.title')}
        </Button>
        <Button appearance="subtle" icon={<DeleteRegular />} onClick={() => void navigate('/bin')}>
          {t('bin.title')}
        </Button>
      </PageTools>
      <WorkspacesTable onNew={() => setCreating(true)} />
      <NewWorkspacePanel open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
