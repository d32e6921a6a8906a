/** What columns are called. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Column } from './columns';

export function useColumnLabel(): (column: Pick<Column, 'kind' | 'key'>) => string {
  const { t } = useTranslation('experiments');
  return useCallback(
    ({ kind, key }) => (kind === 'metrics' || kind === 'params' || kind === 'tags' ? key : t(`column.${kind}`)),
    [t],
  );
}
