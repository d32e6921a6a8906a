/** A run's metrics: last, least and most value, and how it came there. */
import { SearchBox } from '@fluentui/react-components';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useHistories } from '../../api/metrics';
import type { MetricSummary } from '../../api/schema';
import { exactNumber, formatNumber } from '../../lib/format';
import { matches } from '../../lib/match';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { SectionHeading } from '../../parts/SectionHeading';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { CopyButton } from '../../parts/tags/CopyButton';
import { Sparkline } from '../../parts/charts/Sparkline';
import styles from './MetricTable.module.css';

interface Props {
  workspace: string;
  run: string;
  metrics: MetricSummary[];
}

/** Lines whose trends are asked for at once: what one request takes. */
const TRENDS = 20;

export function MetricTable({ workspace, run, metrics }: Props) {
  const { t } = useTranslation('runs');
  const [query, setQuery] = useState('');
  const shown = useMemo(() => metrics.filter((metric) => matches(metric.key, query)), [metrics, query]);
  return (
    <section aria-label={t('metrics.title')}>
      <SectionHeading>
        {t('metrics.title')} <span>{metrics.length || ''}</span>
        {metrics.length > 8 && (
          <SearchBox size="small" className={styles.search} aria-label={t('filterOf', { what: t('metrics.title') })} placeholder={t('filter')} value={query} onChange={(_, data) => setQuery(data.value)} />
        )}
      </SectionHeading>
      {shown.length === 0 ? (
        <p className={styles.none}>{metrics.length ? t('nothingMatches') : t('metrics.none')}</p>
      ) : (
        <Rows workspace={workspace} run={run} metrics={shown} trends={metrics.some((metric) => metric.count > 1)} />
      )}
    </section>
  );
}

function Rows({ workspace, run, metrics, trends }: Props & { trends: boolean }) {
  const { t, i18n } = useTranslation('runs');
  const columns = useMemo((): GridColumn[] => {
    const number = (id: string, label: string): GridColumn => ({ id, label, width: 80, align: 'end' });
    return [
      { id: 'key', label: t('metrics.key'), width: 110, grow: true },
      number('last', t('metrics.last')),
      ...(trends ? [number('min', t('metrics.min')), number('max', t('metrics.max')), { id: 'trend', label: t('metrics.trend'), width: 92 }] : []),
      { id: 'copy', label: t('copy'), head: <span className="hl-hidden">{t('copy')}</span>, width: 40 },
    ];
  }, [t, trends]);
  const cell = (index: number, id: string): ReactNode => {
    const metric = metrics[index];
    if (!metric) return null;
    if (id === 'key') return <MiddleEllipsis text={metric.key} />;
    if (id === 'trend') return metric.count > 1 && <Trend workspace={workspace} run={run} metrics={metrics} index={index} />;
    if (id === 'copy') return <CopyButton text={exactNumber(metric.value)} label={t('copyValue', { key: metric.key })} inGrid />;
    const value = id === 'min' ? metric.min : id === 'max' ? metric.max : metric.value;
    return <span title={exactNumber(value)}>{value === null && id !== 'last' ? '–' : formatNumber(value, i18n.language)}</span>;
  };
  return <Grid label={t('metrics.title')} count={metrics.length} columns={columns} rowKey={(index) => metrics[index]?.key ?? String(index)} cell={cell} maxHeight={420} />;
}

/** Trends come in blocks of lines, as those are scrolled to. */
function Trend({ workspace, run, metrics, index }: Props & { index: number }) {
  const block = useMemo(() => {
    const first = Math.floor(index / TRENDS) * TRENDS;
    return metrics.slice(first, first + TRENDS).filter((metric) => metric.count > 1).map((metric) => metric.key);
  }, [metrics, index]);
  const { data = [] } = useHistories(workspace, [run], block, 60);
  return <Sparkline values={data.find((one) => one.key === metrics[index]?.key)?.values ?? []} />;
}
