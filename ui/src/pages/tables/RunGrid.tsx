/** The runs that logged a table as an input, and the version that each of them used. */
import { Spinner } from '@fluentui/react-components';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import { useTableRuns, type TablePlace } from '../../api/tables';
import { ErrorState } from '../../parts/ErrorState';
import { RelativeTime } from '../../parts/RelativeTime';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import styles from './RunGrid.module.css';

interface Props {
  place: TablePlace;
  onPreview: (version: number) => void;
}

export function RunGrid({ place, onPreview }: Props) {
  const { t } = useTranslation('tables');
  const { data, error, refetch } = useTableRuns(place);
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'run', label: t('runs.run'), width: 240 },
      { id: 'experiment', label: t('runs.experiment'), width: 240 },
      { id: 'at', label: t('runs.at'), width: 150 },
      { id: 'context', label: t('runs.context'), width: 140 },
      { id: 'version', label: t('runs.version'), width: 120 },
    ],
    [t],
  );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner size="small" className={styles.fill} label={t('loading')} />;
  if (!data.length) {
    const code = `import mlflow\n\nused = mlflow.data.from_spark(df, table_name="${place.table}")\nmlflow.log_input(used, context="training")`;
    return (
      <div className={styles.none}>
        <p>{t('runs.none')}</p>
        <CodeBlock code={code} label={t('copyCode')} />
      </div>
    );
  }
  return (
    <Grid
      label={t('tabs.runs')}
      count={data.length}
      columns={columns}
      rowKey={(index) => `${data[index]?.run_id} ${index}`}
      cell={(index, id) => {
        const run = data[index];
        if (!run) return null;
        const experiment = path`/workspaces/${place.workspace}/experiments/${run.experiment}`;
        if (id === 'run') {
          return (
            <Link className="hl-line" to={`${experiment}?view=details&run=${encodeURIComponent(run.run_id)}`} title={run.name}>
              {run.name}
            </Link>
          );
        }
        if (id === 'experiment') {
          return (
            <Link className="hl-line" to={experiment} title={run.experiment_name}>
              {run.experiment_name}
            </Link>
          );
        }
        if (id === 'at') return <RelativeTime at={run.start_time} />;
        if (id === 'context') return <span className="hl-line">{run.context}</span>;
        const { version } = run;
        if (version === null) return <span className={styles.unknown}>{t('runs.unknown')}</span>;
        return (
          <button type="button" className={styles.version} title={t('runs.preview', { version })} onClick={() => onPreview(version)}>
            {version}
          </button>
        );
      }}
    />
  );
}
