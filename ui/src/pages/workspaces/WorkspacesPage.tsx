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
import { RelativeTime } from '../../parts/RelativeTime';
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
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('columns.name')}</th>
            <th>{t('columns.description')}</th>
            <th>{t('columns.role')}</th>
            <th>{t('columns.modified')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((workspace) => (
            <tr key={workspace.id}>
              <td>
                <Link to={path`/workspaces/${workspace.id}`} className={styles.name}>
                  <KindIcon kind="workspace" />
                  <MiddleEllipsis text={workspace.name} />
                </Link>
              </td>
              <td className="hl-line" title={workspace.description}>
                {workspace.description}
              </td>
              <td>{workspace.role && t(`roles.${workspace.role}`)}</td>
              <td>
                <RelativeTime at={workspace.modified_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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
      <div className={styles.tools}>
        <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          {t('new.title')}
        </Button>
        <Button appearance="subtle" icon={<DeleteRegular />} onClick={() => void navigate('/bin')}>
          {t('bin.title')}
        </Button>
        <span style={{ flex: 1 }} />
        <SearchBox
          value={search.get('filter') ?? ''}
          placeholder={t('filter')}
          aria-label={t('filter')}
          onChange={(_, { value }) => setSearch(value ? { filter: value } : {}, { replace: true })}
        />
      </div>
      <WorkspacesTable onNew={() => setCreating(true)} />
      <NewWorkspacePanel open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
