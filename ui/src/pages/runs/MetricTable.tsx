/** A run's metrics: last, least and most value, and how it came there. */
import { SearchBox } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useHistories } from '../../api/metrics';
import type { MetricSummary } from '../../api/schema';
import { exactNumber, formatNumber } from '../../lib/format';
import { CopyButton } from '../../parts/tags/CopyButton';
import { Sparkline } from '../../parts/charts/Sparkline';
import styles from './RunView.module.css';

interface Props {
  workspace: string;
  run: string;
  metrics: MetricSummary[];
}

const TRENDS = 40;

export function MetricTable({ workspace, run, metrics }: Props) {
  const { t, i18n } = useTranslation('runs');
  const [query, setQuery] = useState('');
  const shown = metrics.filter((metric) => metric.key.toLowerCase().includes(query.trim().toLowerCase()));
  const long = shown.filter((metric) => metric.count > 1).slice(0, TRENDS);
  const { data: histories = [] } = useHistories(workspace, [run], long.map((metric) => metric.key), 60);
  const say = (value: number | null) => formatNumber(value, i18n.language);
  const trends = metrics.some((metric) => metric.count > 1);
  return (
    <section aria-label={t('metrics.title')}>
      <h3 className={styles.heading}>
        {t('metrics.title')} <span>{metrics.length || ''}</span>
        {metrics.length > 8 && (
          <SearchBox size="small" className={styles.search} aria-label={t('filterOf', { what: t('metrics.title') })} placeholder={t('filter')} value={query} onChange={(_, data) => setQuery(data.value)} />
        )}
      </h3>
      {shown.length === 0 ? (
        <p className={styles.none}>{metrics.length ? t('nothingMatches') : t('metrics.none')}</p>
      ) : (
        <table className={styles.table} aria-label={t('metrics.title')}>
          <colgroup>
            <col style={{ width: trends ? '34%' : '60%' }} />
          </colgroup>
          <thead>
            <tr>
              <th>{t('metrics.key')}</th>
              <th className={styles.right}>{t('metrics.last')}</th>
              {trends && (
                <>
                  <th className={styles.right}>{t('metrics.min')}</th>
                  <th className={styles.right}>{t('metrics.max')}</th>
                  <th style={{ width: 96 }}>{t('metrics.trend')}</th>
                </>
              )}
              <th className={styles.tool} />
            </tr>
          </thead>
          <tbody>
            {shown.map((metric) => (
              <tr key={metric.key}>
                <td title={metric.key}>{metric.key}</td>
                <td className={styles.right} title={exactNumber(metric.value)}>
                  {say(metric.value)}
                </td>
                {trends && (
                  <>
                    <td className={styles.right}>{say(metric.min)}</td>
                    <td className={styles.right}>{say(metric.max)}</td>
                    <td>
                      <Sparkline values={histories.find((one) => one.key === metric.key)?.values ?? []} />
                    </td>
                  </>
                )}
                <td className={styles.tool}>
                  <CopyButton text={exactNumber(metric.value)} label={t('copyValue', { key: metric.key })} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
