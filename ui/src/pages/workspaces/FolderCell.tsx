/** The cells of a folder's row. */
import { FolderRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Disclosure } from '../../parts/table/Disclosure';
import styles from './FolderCell.module.css';
import { INDENT, type FolderRow } from './rows';

interface Props {
  row: FolderRow;
  column: string;
  to: string;
  onExpand: (expanded: boolean) => void;
}

export function FolderCell({ row, column, to, onExpand }: Props) {
  const { t } = useTranslation('workspaces');
  const { name } = row.folder;
  if (column === 'kind') return t('folders.kind');
  if (column === 'status') return <span className="hl-line">{t('folders.items', { count: row.count })}</span>;
  if (column !== 'name') return null;
  return (
    <span className={styles.name} style={{ paddingLeft: row.level * INDENT }}>
      <Disclosure expanded={row.expanded} label={t(row.expanded ? 'folders.collapse' : 'folders.expand', { name })} onExpand={onExpand} />
      <Link to={to} tabIndex={-1} draggable={false}>
        <FolderRegular fontSize={20} aria-hidden />
        <MiddleEllipsis text={name} />
      </Link>
    </span>
  );
}
