/** The overview of a run: params, metrics and tags. */
import { useTranslation } from 'react-i18next';
import { usePutTag, useRemoveTag, useUpdateRun } from '../../api/runs';
import type { RunDetail } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { formatNumber } from '../../lib/format';
import { EditableText } from '../../parts/tags/EditableText';
import { TagList } from '../../parts/tags/TagList';
import { ChildRuns } from './RunFamily';
import { MetricTable } from './MetricTable';
import { PairTable } from './PairTable';
import styles from './RunOverview.module.css';

export function RunOverview({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t, i18n } = useTranslation(['runs', 'shell']);
  const update = useUpdateRun();
  const put = usePutTag();
  const remove = useRemoveTag();
  const run = detail.row.run_id;
  const canWrite = useCanWrite(workspace);
  const params = Object.entries(detail.row.params).sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className={styles.columns}>
      <section className={styles.wide} aria-label={t('shell:description')}>
        <h3 className={styles.heading}>{t('shell:description')}</h3>
        <EditableText
          text={detail.description}
          label={t('shell:description')}
          placeholder={t('noDescription')}
          readOnly={!canWrite}
          onSave={(description) => update.mutateAsync({ workspace, run, description })}
        />
      </section>
      <div className={styles.column}>
        <ChildRuns workspace={workspace} detail={detail} />
        <MetricTable workspace={workspace} run={run} metrics={detail.metric_summaries} />
        <section aria-label={t('tags.title')}>
          <h3 className={styles.heading}>{t('tags.title')}</h3>
          <TagList
            tags={detail.row.tags}
            readOnly={!canWrite}
            onPut={(key, value) => put.mutateAsync({ workspace, run, key, value })}
            onRemove={(key) => remove.mutateAsync({ workspace, run, key })}
          />
        </section>
      </div>
      <div className={styles.column}>
        <PairTable title={t('params.title')} pairs={params} empty={t('params.none')} />
        <section aria-label={t('datasets.title')}>
          <h3 className={styles.heading}>{t('datasets.title')}</h3>
          {detail.datasets.length === 0 ? (
            <p className={styles.none}>{t('datasets.none')}</p>
          ) : (
            <table className={styles.table} aria-label={t('datasets.title')}>
              <thead>
                <tr>
                  <th>{t('datasets.name')}</th>
                  <th>{t('datasets.context')}</th>
                  <th className={styles.right}>{t('datasets.rows')}</th>
                  <th>{t('datasets.digest')}</th>
                </tr>
              </thead>
              <tbody>
                {detail.datasets.map((dataset) => (
                  <tr key={`${dataset.name} ${dataset.digest} ${dataset.context}`}>
                    <td title={dataset.name}>{dataset.name}</td>
                    <td>{dataset.context || '–'}</td>
                    <td className={styles.right}>{dataset.rows === null ? '–' : formatNumber(dataset.rows, i18n.language)}</td>
                    <td className={styles.mono}>{dataset.digest}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </div>
  );
}
