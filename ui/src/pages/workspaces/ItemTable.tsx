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
import { Grid, type GridColumn, type GridSelection } from '../../parts/table/Grid';
import { ItemMenu, type MenuAt } from './ItemMenu';
import styles from './ItemTable.module.css';
import { allPicked, between, COLUMNS, keyOf, type Column, type Order } from './rows';

const ROW = 44;
const WIDTHS: Record<Column, number> = { name: 220, kind: 120, owner: 130, modified: 140 };

interface Props {
  rows: Item[];
  order: Order;
  onOrder: (column: Column) => void;
  picked: ReadonlySet<string>;
  onPick: (picked: Set<string>) => void;
  canWrite: boolean;
  onRename: (item: Item) => void;
  onDelete: (items: Item[]) => void;
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
    const all = allPicked(rows, picked);
    return {
      isPicked: (index) => picked.has(keyAt(rows, index)),
      onPick: (index, range) => {
        const next = new Set(picked);
        if (range) for (const one of between(rows, anchor.current, index)) next.add(keyOf(one));
        else if (!next.delete(keyAt(rows, index))) next.add(keyAt(rows, index));
        anchor.current = index;
        onPick(next);
      },
      onPickAll: () => onPick(new Set(all === true ? [] : rows.map(keyOf))),
      all,
      allLabel: t('pickAll'),
      rowLabel: (index) => t('pick', { name: rows[index]?.name ?? '' }),
    };
  }, [rows, picked, onPick, t]);
}

function keyAt(rows: Item[], index: number): string {
  const row = rows[index];
  return row ? keyOf(row) : '';
}

export function ItemTable(props: Props) {
  const { rows, picked, onPick, canWrite, onRename, onDelete } = props;
  const { t } = useTranslation('workspaces');
  const navigate = useNavigate();
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const columns = useItemColumns(props);
  const selection = useItemSelection(props);
  /** The items that an action on this row affects: all selected rows if it is one of them. */
  const meant = (item: Item) => (picked.has(keyOf(item)) ? rows.filter((row) => picked.has(keyOf(row))) : [item]);
  const onRowKey = (index: number, event: KeyboardEvent): boolean => {
    const item = rows[index];
    if (!item) return false;
    if (event.key === 'F2' && canWrite) onRename(item);
    else if (event.key === 'Delete' && canWrite) onDelete(meant(item));
    else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) onPick(new Set(rows.map(keyOf)));
    else if (event.key === 'Escape' && picked.size) onPick(new Set());
    else return false;
    return true;
  };
  const cell = (index: number, id: string): ReactNode => {
    const item = rows[index];
    if (!item) return null;
    if (id !== 'menu') return <ItemCell item={item} column={id} />;
    return (
      <button
        type="button"
        tabIndex={-1}
        className={styles.more}
        aria-label={t('actionsOf', { name: item.name })}
        aria-haspopup="menu"
        onClick={(event) => setMenu({ item, target: event.currentTarget })}
      >
        <MoreHorizontalRegular fontSize={18} />
      </button>
    );
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
        onOpen={(index) => {
          const item = rows[index];
          if (item) void navigate(itemPath(item));
        }}
        onMenu={(index, target) => {
          const item = rows[index];
          if (item) setMenu({ item, target });
        }}
      />
      <ItemMenu
        at={menu}
        canWrite={canWrite}
        count={menu ? meant(menu.item).length : 1}
        onClose={() => setMenu(null)}
        onOpen={(item) => void navigate(itemPath(item))}
        onRename={onRename}
        onDelete={(item) => onDelete(meant(item))}
      />
    </>
  );
}

function ItemCell({ item, column }: { item: Item; column: string }) {
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
    <Link to={itemPath(item)} tabIndex={-1} className={styles.name}>
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
