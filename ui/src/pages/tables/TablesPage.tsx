/** The tables of a workspace: schemas and tables at the left, the opened table at the right. */
import { Button, SearchBox, Spinner } from '@fluentui/react-components';
import { ArrowSyncRegular, TableRegular } from '@fluentui/react-icons';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { path } from '../../api/client';
import type { LakeTables } from '../../api/schema';
import { useTables } from '../../api/tables';
import { useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { FileTree } from '../../parts/files/FileTree';
import { PageHeader } from '../../parts/PageHeader';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import { WorkspaceGone } from '../shell/WorkspaceGone';
import { TableView } from './TableView';
import { matching, tablesSource } from './tree';
import styles from './TablesPage.module.css';

const EXAMPLE = 'df.write.saveAsTable("sales")';

export default function TablesPage() {
  const { workspace = '' } = useParams();
  const { t } = useTranslation(['tables', 'shell']);
  const owner = useWorkspace(workspace);
  const { data, error, isFetching, refetch } = useTables(workspace);
  if (isNotFound(owner.error)) return <WorkspaceGone workspace={workspace} />;
  return (
    <div className={styles.page}>
      <PageHeader
        icon={<TableRegular />}
        title={t('tables:title')}
        description={owner.data && t('tables:of', { name: owner.data.name })}
        actions={
          <Button appearance="subtle" icon={<ArrowSyncRegular />} disabled={isFetching} onClick={() => void refetch()}>
            {t('tables:refresh')}
          </Button>
        }
      />
      {!data && error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Spinner label={t('tables:loading')} className={styles.fill} />}
      {data && (data.tables.length ? <Browser workspace={workspace} found={data} /> : <NoTables />)}
    </div>
  );
}

function NoTables() {
  const { t } = useTranslation('tables');
  return (
    <EmptyState
      icon={<TableRegular />}
      title={t('empty.title')}
      text={t('empty.text')}
      actions={<CodeBlock code={EXAMPLE} label={t('copyCode')} />}
    />
  );
}

function Browser({ workspace, found }: { workspace: string; found: LakeTables }) {
  const { schema, table } = useParams();
  const { t } = useTranslation('tables');
  const navigate = useNavigate();
  const [filter, setFilter] = useState('');
  const search = useDeferredValue(filter.trim());
  const shown = useMemo(() => matching(found, search), [found, search]);
  const source = useMemo(() => tablesSource(workspace, shown), [workspace, shown]);
  return (
    <div className={styles.browser}>
      <nav className={styles.list} aria-label={t('title')}>
        <SearchBox
          size="small"
          className={styles.filter}
          aria-label={t('filter')}
          placeholder={t('filter')}
          value={filter}
          onChange={(_, { value }) => setFilter(value)}
        />
        {shown.tables.length > 0 ? (
          <div className={styles.tree}>
            <FileTree
              key={source.id}
              source={source}
              label={t('title')}
              initiallyOpen={shown.schemas}
              selected={schema && table ? `${schema}/${table}` : ''}
              onSelect={(node) => {
                const [owner = '', name] = node.path.split('/');
                if (name !== undefined) void navigate(path`/workspaces/${workspace}/tables/${owner}/${name}`);
              }}
            />
          </div>
        ) : (
          <p className={styles.note}>{t('noMatch')}</p>
        )}
        {found.left_out > 0 && <p className={styles.note}>{t('leftOut', { count: found.left_out })}</p>}
      </nav>
      <div className={styles.table}>
        {schema && table ? (
          <TableView key={`${schema}/${table}`} place={{ workspace, schema, table }} />
        ) : (
          <EmptyState icon={<TableRegular />} title={t('pick')} />
        )}
      </div>
    </div>
  );
}
