/** The versions of a table, newest first: a row opens the preview of its version, and contributors restore it. */
import { Badge, Button, Spinner } from '@fluentui/react-components';
import { ArrowUndoRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTableHistory, type TablePlace } from '../../api/tables';
import { useCanWrite } from '../../api/workspaces';
import { ErrorState } from '../../parts/ErrorState';
import { RelativeTime } from '../../parts/RelativeTime';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { changesOf } from './changes';
import { RestoreTable } from './RestoreTable';
import styles from './HistoryGrid.module.css';

const FIRST = 100;
const MOST = 1_000;

interface Props {
  place: TablePlace;
  newest: number | null;
  onPreview: (version: number) => void;
}

export function HistoryGrid({ place, newest, onPreview }: Props) {
  const { t, i18n } = useTranslation(['tables', 'shell']);
  const [limit, setLimit] = useState(FIRST);
  const [restoring, setRestoring] = useState<number | null>(null);
  const canWrite = useCanWrite(place.workspace);
  const { data, error, refetch } = useTableHistory(place, limit);
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'version', label: t('tables:history.version'), width: 104 },
      { id: 'at', label: t('tables:history.at'), width: 116 },
      { id: 'operation', label: t('tables:history.operation'), width: 112 },
      { id: 'changes', label: t('tables:history.changes'), width: 164 },
      { id: 'actions', label: t('tables:history.actions'), width: 192 },
      { id: 'user', label: t('tables:history.user'), width: 140 },
      { id: 'engine', label: t('tables:history.engine'), width: 180 },
    ],
    [t],
  );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner size="small" className={styles.fill} label={t('tables:loading')} />;
  const { versions } = data;
  const cell = (index: number, id: string) => {
    const one = versions[index];
    if (!one) return null;
    if (id === 'at') return <RelativeTime at={one.at} />;
    if (id === 'version') {
      return (
        <span className={styles.version}>
          {one.version}
          {one.version === newest && (
            <Badge size="small" appearance="tint" color="brand">
              {t('tables:history.newest')}
            </Badge>
          )}
        </span>
      );
    }
    if (id === 'actions') {
      return (
        <span className={styles.actions}>
          <Button size="small" appearance="subtle" onClick={() => onPreview(one.version)}>
            {t('tables:history.preview')}
          </Button>
          {canWrite && one.version !== newest && (
            <Button
              size="small"
              appearance="subtle"
              icon={<ArrowUndoRegular />}
              aria-label={t('tables:restore.named', { version: one.version })}
              onClick={() => setRestoring(one.version)}
            >
              {t('tables:restore.button')}
            </Button>
          )}
        </span>
      );
    }
    const changes = changesOf(one.metrics).map(({ key, count }) =>
      t(`tables:changes.${key}`, { count, n: new Intl.NumberFormat(i18n.language).format(count) }),
    );
    const text = { operation: one.operation, changes: changes.join(', '), user: one.user, engine: one.engine }[id];
    const all = Object.entries(id === 'changes' ? one.metrics : one.parameters);
    const hint = id === 'changes' || id === 'operation' ? all.map(([key, value]) => `${key}: ${value}`).join('\n') : text;
    return (
      <span className="hl-line" title={hint || text}>
        {text}
      </span>
    );
  };
  return (
    <>
      <Grid
        label={t('tables:tabs.history')}
        count={versions.length}
        columns={columns}
        rowKey={(index) => String(versions[index]?.version ?? index)}
        cell={cell}
        onOpen={(index) => {
          const one = versions[index];
          if (one) onPreview(one.version);
        }}
        footer={
          data.more && limit < MOST ? (
            <div className={styles.more}>
              <Button size="small" onClick={() => setLimit(MOST)}>
                {t('tables:history.more')}
              </Button>
            </div>
          ) : undefined
        }
      />
      {restoring !== null && <RestoreTable place={place} version={restoring} onRestored={() => undefined} onClose={() => setRestoring(null)} />}
    </>
  );
}
