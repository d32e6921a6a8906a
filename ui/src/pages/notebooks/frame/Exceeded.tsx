/** Stands in the outputs of the cell whose session exceeded a limit of its capacity and was ended. */
import { useTranslation } from 'react-i18next';
import type { Ended } from '../../../api/schema';
import { formatBytes } from '../../../lib/format';
import { readExceeded } from '../exceeded';
import styles from './Exceeded.module.css';

/** The sentence that says which limit it was and what can be done. */
export function useExceeded() {
  const { t, i18n } = useTranslation('capacities');
  return ({ reason, limit }: Pick<Ended, 'reason' | 'limit'>) =>
    t(`exceeded.${reason}`, {
      limit:
        reason === 'memory'
          ? formatBytes(limit * 1_000_000, i18n.language)
          : new Intl.NumberFormat(i18n.language).format(limit),
    });
}

export function Exceeded({ data }: { data: unknown }) {
  const { t } = useTranslation('capacities');
  const sentence = useExceeded();
  const ended = readExceeded(data);
  return (
    <p className={styles.exceeded} role="note">
      {ended ? sentence(ended) : t('exceeded.unreadable')}
    </p>
  );
}
