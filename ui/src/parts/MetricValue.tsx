/** A metric's value, aligned at its decimal point; marked where it is the best, with its distance from a baseline. */
import { exactNumber, formatNumber } from '../lib/format';
import { i18n } from '../lib/i18n';
import { useLanguage } from '../lib/language';
import styles from './MetricValue.module.css';

interface Props {
  value: number | null;
  isBest?: boolean;
  /** How far the value lies from the baseline's; null: there is nothing to compare with. */
  delta?: number | null;
  /** Whether less is better. */
  less?: boolean;
}

export function MetricValue({ value, isBest = false, delta = null, less = false }: Props) {
  const language = useLanguage();
  const text = formatNumber(value, language);
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  return (
    <span className={styles.value} title={isBest ? `${exactNumber(value)}\n${i18n.t('experiments:sideBySide.best')}` : exactNumber(value)}>
      {delta !== null && delta !== 0 && (
        <span className={delta < 0 === less ? styles.better : styles.worse}>
          {delta > 0 ? '+' : ''}
          {formatNumber(delta, language)}
        </span>
      )}
      <span className={isBest ? styles.best : undefined}>
        {whole}
        <span className={styles.fraction}>{point < 0 ? '' : text.slice(point)}</span>
      </span>
      {isBest && <span className="hl-hidden">{i18n.t('experiments:sideBySide.best')}</span>}
    </span>
  );
}
