/** What columns are called. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { type Column, isProperty } from './columns';

export function useColumnLabel(): (column: Pick<Column, 'id' | 'kind' | 'key'>) => string {
  const { t } = useTranslation('experiments');
  return useCallback(
    ({ id, kind, key }) => (isProperty(id) ? t(`column.${id}`) : kind === 'min' || kind === 'max' || kind === 'min_step' || kind === 'max_step' ? t(`column.${kind}`, { key }) : key),
    [t],
  );
}

/** What a field is called that runs are grouped by. */
export function useFieldLabel(): (field: string) => string {
  const { t } = useTranslation('experiments');
  return useCallback(
    (field) => {
      if (field === 'parent' || field === 'status' || field === 'user') return t(`group.field.${field}`);
      return field.replace(/^(params|tags)\./, '');
    },
    [t],
  );
}
