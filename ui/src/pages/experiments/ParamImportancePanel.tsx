/** Which params explain a metric, over all runs that the list's filter matches. */
import { Field, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useImportance } from '../../api/metrics';
import type { ExperimentView, ParamImportance } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { ErrorState } from '../../parts/ErrorState';
import { SidePanel } from '../../parts/SidePanel';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import styles from './ParamImportancePanel.module.css';

interface Props {
  experiment: ExperimentView;
  metrics: string[];
  /** The metric that is explained first. */
  first: string;
  filter: string;
  onClose: () => void;
}

export function ParamImportancePanel({ experiment, metrics, first, filter, onClose }: Props) {
  const { t } = useTranslation('experiments');
  const [metric, setMetric] = useState(first);
  const { data, error, isPending, refetch } = useImportance(experiment.workspace, experiment.id, metric, filter);
  return (
    <SidePanel open width={560} title={t('importance.title')} onClose={onClose}>
      <p className={styles.text}>{t('importance.text')}</p>
      <Field label={t('importance.metric')}>
        <ChoiceBox value={metric} groups={[{ name: '', choices: metrics.map((id) => ({ id, name: id })) }]} onChoose={setMetric} />
      </Field>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Spinner label={t('importance.loading')} className={styles.text} />
      ) : data.params.length === 0 ? (
        <p className={styles.text}>
          {data.runs < data.least_runs ? t('importance.fewRuns', { count: data.runs, least: data.least_runs }) : t('importance.sameParams')}
        </p>
      ) : (
        <>
          <p className={styles.text}>
            {t(filter ? 'importance.filteredRuns' : 'importance.allRuns', { count: data.runs })}
            {data.more_runs && ` ${t('importance.moreRuns')}`}
            {data.left_out > 0 && ` ${t('importance.leftOut', { count: data.left_out })}`}
          </p>
          <ImportanceList params={data.params} />
        </>
      )}
    </SidePanel>
  );
}

function ImportanceList({ params }: { params: ParamImportance[] }) {
  const { t, i18n } = useTranslation('experiments');
  const number = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 });
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('importance.param')}</th>
          <th scope="col">{t('importance.importance')}</th>
          <th scope="col" className={styles.number}>
            {t('importance.correlation')}
          </th>
        </tr>
      </thead>
      <tbody>
        {params.map(({ param, importance, correlation }) => (
          <tr key={param}>
            <th scope="row" className="hl-line" title={param}>
              {param}
            </th>
            <td>
              <span className={styles.track}>
                <span className={styles.bar} style={{ width: `${importance * 100}%` }} />
              </span>
              <span className={styles.share}>{number.format(importance)}</span>
            </td>
            <td className={`${styles.number} ${correlation !== null && correlation < 0 ? styles.down : ''}`} title={correlation === null ? t('importance.noNumber') : undefined}>
              {correlation === null ? '–' : formatNumber(Math.round(correlation * 100) / 100, i18n.language)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
