/** Why a cell is stale, in words. */
import { useTranslation } from 'react-i18next';
import type { Staleness } from '../lab/staleness';
import { shownName } from '../stale';

export function useStaleReason(staleness: Staleness) {
  const { t } = useTranslation('notebooks');
  return (cell: Parameters<Staleness['reason']>[0]): string | null => {
    const reason = staleness.reason(cell);
    if (!reason) return null;
    const { kind } = reason;
    const name = shownName(reason.name);
    const n = staleness.numberOf(reason.by);
    if (kind === 'edited') return t('stale.edited');
    if (n === 0) return t('stale.typed', { name });
    return t(kind === 'changed' ? 'stale.changed' : 'stale.upstream', { name, n });
  };
}
