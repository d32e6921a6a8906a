/** Says that a run was logged from stale cells, and which they were. */
import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { RunDetail } from '../../api/schema';
import { staleCellsOf, type StaleCell } from './staleTag';

export function StaleNotice({ detail }: { detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const cells = staleCellsOf(detail.system_tags);
  if (cells?.length === 0) return null;
  return (
    <MessageBar intent="warning" layout="multiline" style={{ flex: 'none', margin: '0 24px 8px' }}>
      <MessageBarBody>
        <MessageBarTitle>{t('stale.title')}</MessageBarTitle> {cells?.map(words).join(' ')}
      </MessageBarBody>
    </MessageBar>
  );

  function words({ cell, kind, name, by }: StaleCell): string {
    if (kind === 'edited') return t('stale.edited', { cell });
    if (by === 0) return t('stale.typed', { cell, name });
    return t(kind === 'changed' ? 'stale.changed' : 'stale.upstream', { cell, name, by });
  }
}
