/** What can be restored, with the time that is left for each. */
import { Button } from '@fluentui/react-components';
import { ArrowUndoRegular, DeleteRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { formatDate } from '../../lib/format';
import { EmptyState } from '../../parts/EmptyState';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './BinTable.module.css';

const DAY = 86_400_000;

export interface BinRow {
  kind: 'notebook' | 'experiment' | 'table' | 'workspace';
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
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('workspaces:columns.name')}</th>
            <th>{t('workspaces:bin.deleted')}</th>
            <th>{t('workspaces:bin.until')}</th>
            <th aria-label={t('workspaces:bin.restore')} />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.kind} ${row.id}`}>
              <td>
                <span className={styles.name}>
                  <KindIcon kind={row.kind} />
                  <MiddleEllipsis text={row.name} />
                </span>
              </td>
              <td>
                <RelativeTime at={row.deletedAt} />
              </td>
              <td>{days ? formatDate(row.deletedAt + days * DAY, i18n.language) : t('workspaces:bin.forEver')}</td>
              <td className={styles.action}>
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
        </tbody>
      </table>
    </div>
  );
}
