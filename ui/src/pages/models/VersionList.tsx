/** Versions of a model, newest first: number, aliases, source run, main metric, when. */
import { Badge } from '@fluentui/react-components';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { VersionRow } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { mainMetric } from '../../lib/metricOrder';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './VersionList.module.css';

interface Props {
  versions: VersionRow[];
  selected: number;
  /** The metric that each version shows; empty: the main one. */
  metric: string;
  onMetric: (metric: string) => void;
  onSelect: (version: number) => void;
}

export function VersionList({ versions, selected, metric: chosen, onMetric, onSelect }: Props) {
  const { t, i18n } = useTranslation('models');
  const keys = useMemo(() => [...new Set(versions.flatMap((one) => Object.keys(one.metrics)))].sort(), [versions]);
  const metric = keys.includes(chosen) ? chosen : mainMetric(keys);
  return (
    <nav className={styles.list} aria-label={t('versions.title')}>
      <h2 className={styles.listTitle}>{t('versions.title')}</h2>
      {metric !== null && (
        <div className={styles.choice}>
          <ChoiceBox aria-label={t('versions.metric')} value={metric} groups={[{ name: t('versions.metric'), choices: keys.map((key) => ({ id: key, name: key })) }]} onChoose={onMetric} />
        </div>
      )}
      {versions.map((one) => {
        const value = metric === null ? undefined : one.metrics[metric];
        return (
          <button
            key={one.version}
            type="button"
            className={styles.item}
            aria-current={one.version === selected}
            onClick={() => onSelect(one.version)}
          >
            <span className={styles.number}>
              {t('version', { version: one.version })}
            </span>
            <span className={styles.metric} title={metric ?? undefined}>
              {value === undefined ? '' : formatNumber(value, i18n.language)}
            </span>
            {one.aliases.length > 0 && (
              <span className={styles.aliases}>
                {one.aliases.map((alias) => (
                  <Badge key={alias} size="small" appearance="tint" color="brand">
                    @{alias}
                  </Badge>
                ))}
              </span>
            )}
            <span className={`${styles.sub} hl-line`} title={one.run_name ?? undefined}>
              {one.run_name ?? t('noRun')}
            </span>
            <span className={`${styles.sub} ${styles.right}`}>
              <RelativeTime at={one.created_at} />
            </span>
          </button>
        );
      })}
    </nav>
  );
}
