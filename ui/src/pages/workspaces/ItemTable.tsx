/** Table of a workspace's items: select, sort, open, rename and delete by mouse and keyboard. */
import { MoreHorizontalRegular } from '@fluentui/react-icons';
import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { itemPath } from '../../api/items';
import { useMe } from '../../api/me';
import type { Item } from '../../api/schema';
import { useNotebookSession } from '../../api/sessions';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { Grid, type GridColumn, type GridSelection, type MenuPlace } from '../../parts/table/Grid';
import { FolderCell } from './FolderCell';
import { FolderMenu, type FolderDoings, type FolderMenuAt } from './FolderMenu';
import { ItemMenu, type MenuAt } from './ItemMenu';
import styles from './ItemTable.module.css';
import { allPicked, between, COLUMNS, INDENT, keyOf, LEAF, rowKey, type Column, type ListRow, type Order } from './rows';
import { useRowDrags } from './useRowDrags';

const ROW = 44;
const WIDTHS: Record<Column, number> = { name: 220, kind: 120, owner: 130, modified: 140 };

interface Props {
  rows: ListRow[];
  order: Order;
  onOrder: (column: Column) => void;
  picked: ReadonlySet<string>;
  onPick: (picked: Set<string>) => void;
  canWrite: boolean;
  onRename: (item: Item) => void;
  onDelete: (items: Item[]) => void;
  onMove: (items: Item[]) => void;
  folders: FolderDoings;
}

function useItemColumns({ order, onOrder }: Pick<Props, 'order' | 'onOrder'>): GridColumn[] {
  const { t } = useTranslation('workspaces');
  return useMemo(
    () => [
      ...COLUMNS.map((id): GridColumn => ({
        id,
        label: t(`columns.${id}`),
        width: WIDTHS[id],
        grow: id === 'name',
        // In a narrow window the others scroll beside it.
        pinned: id === 'name',
        sort: order.column === id ? (order.down ? 'descending' : 'ascending') : 'none',
        onSort: () => onOrder(id),
      })),
      { id: 'status', label: t('columns.status'), width: 150 },
      { id: 'menu', label: t('columns.actions'), head: <span className="hl-hidden">{t('columns.actions')}</span>, width: 48 },
    ],
    [order, onOrder, t],
  );
}

function useItemSelection({ rows, picked, onPick }: Pick<Props, 'rows' | 'picked' | 'onPick'>): GridSelection {
  const { t } = useTranslation('workspaces');
  const anchor = useRef(0);
  return useMemo(() => {
    const items = itemsOf(rows);
    const all = allPicked(items, picked);
    return {
      isPicked: (index) => picked.has(keyAt(rows, index)),
      canPick: (index) => rows[index]?.item !== undefined,
      onPick: (index, range) => {
        const next = new Set(picked);
        const row = rows[index];
        if (range) for (const one of itemsOf(between(rows, anchor.current, index))) next.add(keyOf(one));
        else if (row?.item && !next.delete(rowKey(row))) next.add(rowKey(row));
        anchor.current = index;
        onPick(next);
      },
      onPickAll: () => onPick(new Set(all === true ? [] : items.map(keyOf))),
      all,
      allLabel: t('pickAll'),
      rowLabel: (index) => t('pick', { name: rows[index]?.item?.name ?? '' }),
    };
  }, [rows, picked, onPick, t]);
}

function itemsOf(rows: readonly ListRow[]): Item[] {
  return rows.flatMap((row) => row.item ?? []);
}

function keyAt(rows: ListRow[], index: number): string {
  const row = rows[index];
  return row ? rowKey(row) : '';
}

export function ItemTable(props: Props) {
  const { rows, picked, onPick, canWrite, onRename, onDelete, onMove, folders } = props;
  const { t } = useTranslation('workspaces');
  const navigate = useNavigate();
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [folderMenu, setFolderMenu] = useState<FolderMenuAt | null>(null);
  const columns = useItemColumns(props);
  const selection = useItemSelection(props);
  /** The items that an action on this row affects: all selected rows if it is one of them. */
  const meant = (item: Item) => (picked.has(keyOf(item)) ? itemsOf(rows).filter((one) => picked.has(keyOf(one))) : [item]);
  const drags = useRowDrags(rows, canWrite, meant, folders.onDrop);
  const open = (index: number) => {
    const row = rows[index];
    if (row) void navigate(row.item ? itemPath(row.item) : folders.pathOf(row.folder.id));
  };
  const openMenu = (index: number, target: MenuPlace) => {
    const row = rows[index];
    if (row?.item) setMenu({ item: row.item, target });
    else if (row) setFolderMenu({ folder: row.folder, target });
  };
  const onRowKey = (index: number, event: KeyboardEvent): boolean => {
    const row = rows[index];
    if (!row) return false;
    if (event.key === 'F2' && canWrite) {
      if (row.item) onRename(row.item);
      else folders.onRename(row.folder);
    } else if (event.key === 'Delete' && canWrite) {
      if (row.item) onDelete(meant(row.item));
      else folders.onRemove(row.folder);
    }
    else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) onPick(new Set(itemsOf(rows).map(keyOf)));
    else if (event.key === 'Escape' && picked.size) onPick(new Set());
    else return false;
    return true;
  };
  const cell = (index: number, id: string): ReactNode => {
    const row = rows[index];
    if (!row) return null;
    if (id === 'menu') {
      const name = row.item ? row.item.name : row.folder.name;
      return (
        <button
          type="button"
          tabIndex={-1}
          className={styles.more}
          aria-label={t('actionsOf', { name })}
          aria-haspopup="menu"
          onClick={(event) => openMenu(index, event.currentTarget)}
        >
          <MoreHorizontalRegular fontSize={18} />
        </button>
      );
    }
    if (!row.item) return <FolderCell row={row} column={id} to={folders.pathOf(row.folder.id)} onExpand={(expanded) => folders.onExpand(row.folder.id, expanded)} />;
    return <ItemCell item={row.item} column={id} indent={folders.any ? row.level * INDENT + LEAF : 0} />;
  };
  return (
    <>
      <Grid
        className={styles.grid}
        label={t('items')}
        count={rows.length}
        columns={columns}
        rowHeight={ROW}
        rowKey={(index) => keyAt(rows, index)}
        cell={cell}
        selection={selection}
        onRowKey={onRowKey}
        onOpen={open}
        onMenu={openMenu}
        {...(folders.any && {
          branch: (index: number) => {
            const row = rows[index];
            return row ? { level: row.level + 1, expanded: row.item ? null : row.expanded } : null;
          },
          onExpand: (index: number, expanded: boolean) => {
            const row = rows[index];
            if (row?.folder) folders.onExpand(row.folder.id, expanded);
          },
        })}
        rowDrags={drags.of}
        rowClass={(index) => (drags.over === index ? styles.over : undefined)}
      />
      <ItemMenu
        at={menu}
        canWrite={canWrite}
        count={menu ? meant(menu.item).length : 1}
        onClose={() => setMenu(null)}
        onOpen={(item) => void navigate(itemPath(item))}
        onRename={onRename}
        onMove={(item) => onMove(meant(item))}
        onDelete={(item) => onDelete(meant(item))}
      />
      <FolderMenu at={folderMenu} canWrite={canWrite} doings={folders} onClose={() => setFolderMenu(null)} />
    </>
  );
}

function ItemCell({ item, column, indent }: { item: Item; column: string; indent: number }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const me = useMe().data?.user;
  if (column === 'kind') return t(`shell:kinds.${item.kind}`);
  if (column === 'modified') return <RelativeTime at={item.modified_at} />;
  if (column === 'status') return <Status item={item} />;
  if (column === 'owner') {
    const mine = me !== undefined && [me.id, me.name, me.display_name].includes(item.owner);
    return (
      <span className="hl-line" title={item.owner}>
        {mine ? t('workspaces:me') : item.owner}
      </span>
    );
  }
  return (
    <Link to={itemPath(item)} tabIndex={-1} draggable={false} className={styles.name} style={{ paddingLeft: indent }}>
      <KindIcon kind={item.kind} />
      <MiddleEllipsis text={item.name} />
    </Link>
  );
}

function SessionStatus({ notebook }: { notebook: string }) {
  const { t } = useTranslation('workspaces');
  const session = useNotebookSession(notebook);
  if (!session) return null;
  return (
    <span className={styles.session} data-state={session.state}>
      {t(`status.session.${session.state}`)}
    </span>
  );
}

function Status({ item }: { item: Item }) {
  const { t } = useTranslation('workspaces');
  if (item.kind === 'notebook') return <SessionStatus notebook={item.id} />;
  if (item.kind === 'report') return null;
  return <span className="hl-line">{t(item.kind === 'experiment' ? 'status.runs' : 'status.versions', { count: item.count })}</span>;
}
