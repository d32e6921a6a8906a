/** A metric over several runs: mean and deviation, with least, greatest and count on hover. */
import { useTranslation } from 'react-i18next';
import type { MetricAggregate } from '../../api/schema';
import { exactNumber, formatNumber } from '../../lib/format';
import styles from './AggregateValue.module.css';

interface Props {
  found: MetricAggregate;
  isBest?: boolean;
  /** Stands where a parent has no value of its own. */
  quiet?: boolean;
}

export function AggregateValue({ found, isBest = false, quiet = false }: Props) {
  const { t, i18n } = useTranslation('experiments');
  const { count, min, max, mean, std } = found;
  const hint = t(quiet ? 'group.below' : 'group.hint', { count, min: exactNumber(min), max: exactNumber(max), mean: mean === null ? '–' : exactNumber(mean), std: std === null ? '–' : exactNumber(std) });
  return (
    <span className={`${styles.value} ${quiet ? styles.quiet : ''}`} title={isBest ? `${hint}\n${t('sideBySide.best')}` : hint}>
      <span className={isBest ? styles.best : undefined}>{mean === null ? `${formatNumber(min, i18n.language)} … ${formatNumber(max, i18n.language)}` : formatNumber(mean, i18n.language)}</span>
      {std !== null && <span className={styles.std}>±{formatNumber(Number(std.toPrecision(2)), i18n.language)}</span>}
      {isBest && <span className="hl-hidden">{t('sideBySide.best')}</span>}
    </span>
  );
}
