/** An opened table: what it is, and its rows, columns, versions and the code that reads it. */
import { Button, MessageBar, MessageBarActions, MessageBarBody, Spinner, Tab, TabList } from '@fluentui/react-components';
import { ArrowUndoRegular, DeleteRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../api/client';
import type { LakeTableDetail } from '../../api/schema';
import { useTable, type TablePlace } from '../../api/tables';
import { useCanWrite } from '../../api/workspaces';
import { formatBytes, formatDate } from '../../lib/format';
import { ErrorState } from '../../parts/ErrorState';
import { TABS, useTableState, type TableState } from './address';
import { ColumnGrid } from './ColumnGrid';
import { DeleteTable } from './DeleteTable';
import { HistoryGrid } from './HistoryGrid';
import { PreviewGrid } from './PreviewGrid';
import { RestoreTable } from './RestoreTable';
import { RunGrid } from './RunGrid';
import { TableCode, ViewDefinition } from './TableCode';
import styles from './TableView.module.css';

export function TableView({ place }: { place: TablePlace }) {
  const { t } = useTranslation('tables');
  const { state, change } = useTableState();
  const newest = useTable(place, null);
  // The number of the newest version is the address of its pages, so that all of them are of one version.
  const old = state.version !== null && state.version !== newest.data?.version;
  const asked = useTable(place, old ? state.version : null);
  const { data, error, refetch } = asked;
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner label={t('loading')} className={styles.fill} />;
  return (
    <div className={styles.view}>
      <Head place={place} detail={data} />
      {old && <OldVersion place={place} version={data.version ?? 0} onNewest={() => change({ version: null })} />}
      <Tabs state={state} detail={data} onTab={(tab) => change({ tab })} />
      <div className={styles.body}>
        <Body place={place} state={state} detail={data} newest={newest.data?.version ?? null} change={change} />
      </div>
    </div>
  );
}

function Head({ place, detail }: { place: TablePlace; detail: LakeTableDetail }) {
  const { t, i18n } = useTranslation(['tables', 'shell']);
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const canWrite = useCanWrite(place.workspace);
  const number = new Intl.NumberFormat(i18n.language);
  const isView = detail.format === 'view';
  const facts: [string, string][] = isView
    ? [[t('tables:facts.format'), t('tables:facts.view')]]
    : [
    [t('tables:facts.rows'), detail.rows === null ? t('tables:facts.uncounted') : number.format(detail.rows)],
    [t('tables:facts.size'), formatBytes(detail.bytes, i18n.language)],
    [t('tables:facts.files'), number.format(detail.files)],
    [t('tables:facts.format'), detail.format === 'delta' ? t('tables:facts.delta', { version: detail.version }) : 'Parquet'],
  ];
  if (detail.partition_columns.length) facts.push([t('tables:facts.partitions'), detail.partition_columns.join(', ')]);
  if (detail.created_at) facts.push([t('tables:facts.created'), formatDate(detail.created_at, i18n.language)]);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <h2 className={`${styles.title} hl-line`} title={detail.path || undefined}>
          {`${detail.schema}.${detail.name}`}
        </h2>
        {detail.description && <p className={styles.description}>{detail.description}</p>}
        <dl className={styles.facts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="hl-line" title={value}>
                {value}
              </dd>
            </div>
          ))}
        </dl>
      </div>
      {canWrite && (
        <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => setDeleting(true)}>
          {t('shell:delete')}
        </Button>
      )}
      {deleting && (
        <DeleteTable
          place={place}
          isView={isView}
          onDeleted={() => void navigate(path`/workspaces/${place.workspace}/tables`)}
          onClose={() => setDeleting(false)}
        />
      )}
    </header>
  );
}

function OldVersion({ place, version, onNewest }: { place: TablePlace; version: number; onNewest: () => void }) {
  const { t } = useTranslation('tables');
  const canWrite = useCanWrite(place.workspace);
  const [restoring, setRestoring] = useState(false);
  return (
    <div className={styles.bar}>
      <MessageBar intent="info">
        <MessageBarBody>{t('old.text', { version })}</MessageBarBody>
        <MessageBarActions>
          {canWrite && (
            <Button size="small" icon={<ArrowUndoRegular />} onClick={() => setRestoring(true)}>
              {t('restore.button')}
            </Button>
          )}
          <Button size="small" onClick={onNewest}>
            {t('old.newest')}
          </Button>
        </MessageBarActions>
      </MessageBar>
      {restoring && <RestoreTable place={place} version={version} onRestored={onNewest} onClose={() => setRestoring(false)} />}
    </div>
  );
}

interface TabsProps {
  state: TableState;
  detail: LakeTableDetail;
  onTab: (tab: TableState['tab']) => void;
}

function Tabs({ state, detail, onTab }: TabsProps) {
  const { t } = useTranslation('tables');
  const shown = TABS.filter((tab) =>
    tab === 'history' ? detail.format === 'delta' : tab === 'definition' ? detail.format === 'view' : true,
  );
  return (
    <div className={styles.tabs}>
      <TabList
        size="small"
        aria-label={t('tabs.label')}
        selectedValue={state.tab}
        onTabSelect={(_, { value }) => onTab(shown.find((tab) => tab === value) ?? 'preview')}
      >
        {shown.map((tab) => (
          <Tab key={tab} value={tab}>
            {t(`tabs.${tab}`, { count: detail.columns.length })}
          </Tab>
        ))}
      </TabList>
    </div>
  );
}

interface BodyProps {
  place: TablePlace;
  state: TableState;
  detail: LakeTableDetail;
  newest: number | null;
  change: (changes: Partial<TableState>) => void;
}

function Body({ place, state, detail, newest, change }: BodyProps) {
  const preview = (version: number) => change({ tab: 'preview', version: version === newest ? null : version });
  if (state.tab === 'definition' && detail.format === 'view') return <ViewDefinition detail={detail} />;
  if (state.tab === 'columns') return <ColumnGrid detail={detail} />;
  if (state.tab === 'code') return <TableCode detail={detail} version={state.version} />;
  if (state.tab === 'history' && detail.format === 'delta') {
    return <HistoryGrid place={place} newest={newest} onPreview={preview} />;
  }
  if (state.tab === 'runs') return <RunGrid place={place} onPreview={preview} />;
  return <PreviewGrid place={place} detail={detail} />;
}
