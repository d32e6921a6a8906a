/** The columns of a version of a table with their types. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LakeTableDetail } from '../../api/schema';
import { Grid, type GridColumn } from '../../parts/table/Grid';

export function ColumnGrid({ detail }: { detail: LakeTableDetail }) {
  const { t } = useTranslation('tables');
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'name', label: t('columns.name'), width: 240 },
      { id: 'type', label: t('columns.type'), width: 220 },
      { id: 'nullable', label: t('columns.nullable'), width: 120 },
      { id: 'comment', label: t('columns.comment'), width: 360 },
    ],
    [t],
  );
  return (
    <Grid
      label={t('tabs.columns', { count: detail.columns.length })}
      count={detail.columns.length}
      columns={columns}
      rowKey={String}
      cell={(index, id) => {
        const column = detail.columns[index];
        if (!column) return null;
        const partition = detail.partition_columns.includes(column.name);
        const text = {
          name: partition ? t('columns.partition', { name: column.name }) : column.name,
          type: column.type,
          nullable: t(column.nullable ? 'columns.yes' : 'columns.no'),
          comment: column.comment,
        }[id];
        return (
          <span className="hl-line" title={text}>
            {text}
          </span>
        );
      }}
    />
  );
}
