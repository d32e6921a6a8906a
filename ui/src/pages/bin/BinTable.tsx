/** What can be restored, with the time that is left for each. */
import { Button } from '@fluentui/react-components';
import { ArrowUndoRegular, DeleteRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { BinItem } from '../../api/schema';
import { formatDate } from '../../lib/format';
import { EmptyState } from '../../parts/EmptyState';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { CellLine, PageTable } from '../../parts/table/PlainTable';

const DAY = 86_400_000;

export interface BinRow {
  kind: BinItem['kind'] | 'workspace';
  id: string;
  name: string;
  deletedAt: number;
}

interface Props {
  rows: BinRow[];
  /** Days until a row is deleted for good; 0 for never. */
  days: number;
  busy: string | null;
  onRestore: (row: BinRow) => void;
}

export function BinTable({ rows, days, busy, onRestore }: Props) {
  const { t, i18n } = useTranslation(['workspaces', 'shell']);
  if (!rows.length) {
    return <EmptyState icon={<DeleteRegular />} title={t('workspaces:bin.empty')} text={t('workspaces:bin.emptyText')} />;
  }
  return (
    <PageTable
      label={t('workspaces:bin.title')}
      columns={[
        { label: t('workspaces:columns.name') },
        { label: t('workspaces:bin.deleted'), width: 130 },
        { label: t('workspaces:bin.until'), width: 230 },
        { label: '', width: 130 },
      ]}
      minWidth={560}
    >
      {rows.map((row) => (
        <tr key={`${row.kind} ${row.id}`}>
          <td>
            <CellLine>
              <KindIcon kind={row.kind} />
              <MiddleEllipsis text={row.name} />
            </CellLine>
          </td>
          <td>
            <RelativeTime at={row.deletedAt} />
          </td>
          <td>{days ? formatDate(row.deletedAt + days * DAY, i18n.language) : t('workspaces:bin.forEver')}</td>
          <td data-align="end">
            <Button
              size="small"
              icon={<ArrowUndoRegular />}
              disabled={busy !== null}
              aria-label={t('workspaces:bin.restoreNamed', { name: row.name })}
              onClick={() => onRestore(row)}
            >
              {t('workspaces:bin.restore')}
            </Button>
          </td>
        </tr>
      ))}
    </PageTable>
  );
}
