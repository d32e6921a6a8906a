/** The items of a workspace as a grid: virtual rows, pick, sort, keyboard, context menu. */
import { Checkbox } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { itemPath } from '../../api/items';
import type { Item } from '../../api/schema';
import { ItemMenu, type MenuAt } from './ItemMenu';
import { ItemRow } from './ItemRow';
import styles from './ItemTable.module.css';
import { allPicked, between, COLUMNS, keyOf, type Column, type Order } from './rows';

export const ROW = 44;

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

function Head({ rows, order, onOrder, picked, onPick }: Pick<Props, 'rows' | 'order' | 'onOrder' | 'picked' | 'onPick'>) {
  const { t } = useTranslation('workspaces');
  const all = allPicked(rows, picked);
  return (
    <div role="row" aria-rowindex={1} className={`${styles.row} ${styles.head}`}>
      <span role="columnheader">
        <Checkbox
          checked={all}
          aria-label={t('pickAll')}
          onChange={() => onPick(new Set(all === true ? [] : rows.map(keyOf)))}
        />
      </span>
      {COLUMNS.map((column) => (
        <span
          key={column}
          role="columnheader"
          data-column={column}
          aria-sort={order.column === column ? (order.down ? 'descending' : 'ascending') : 'none'}
        >
          <button type="button" className={styles.sort} onClick={() => onOrder(column)}>
            {t(`columns.${column}`)}
            {order.column === column && (order.down ? <ArrowDownRegular /> : <ArrowUpRegular />)}
          </button>
        </span>
      ))}
      <span role="columnheader" data-column="status">
        {t('columns.status')}
      </span>
      <span role="columnheader" aria-label={t('columns.actions')} />
    </div>
  );
}

export function ItemTable(props: Props) {
  const { rows, picked, onPick, canWrite, onRename, onDelete } = props;
  const { t } = useTranslation('workspaces');
  const navigate = useNavigate();
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [anchor, setAnchor] = useState(0);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 8,
    getItemKey: (index) => {
      const row = rows[index];
      return row ? keyOf(row) : index;
    },
    scrollPaddingStart: ROW,
  });
  const current = Math.min(active, rows.length - 1);

  const pick = (index: number, range: boolean) => {
    const next = new Set(picked);
    const row = rows[index];
    if (!row) return;
    if (range) for (const one of between(rows, anchor, index)) next.add(keyOf(one));
    else if (!next.delete(keyOf(row))) next.add(keyOf(row));
    setAnchor(index);
    setActive(index);
    onPick(next);
  };
  const focusRow = (index: number) => {
    const to = Math.max(0, Math.min(index, rows.length - 1));
    setActive(to);
    virtual.scrollToIndex(to);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus());
  };
  /** What an action on this row means: all picked rows where it is one of them. */
  const meant = (item: Item) => (picked.has(keyOf(item)) ? rows.filter((row) => picked.has(keyOf(row))) : [item]);

  const onKeyDown = (event: KeyboardEvent) => {
    const item = rows[current];
    const target = event.target;
    if (!item || !(target instanceof HTMLElement) || target.dataset.index === undefined) return;
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 0) / ROW) - 2);
    const moves: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) focusRow(to);
    else if (event.key === ' ') pick(current, event.shiftKey);
    else if (event.key === 'Enter') void navigate(itemPath(item));
    else if (event.key === 'F2' && canWrite) onRename(item);
    else if (event.key === 'Delete' && canWrite) onDelete(meant(item));
    else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) onPick(new Set(rows.map(keyOf)));
    else if (event.key === 'Escape' && picked.size) onPick(new Set());
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div
        ref={scroll}
        className={styles.scroll}
        role="grid"
        aria-label={t('items')}
        aria-rowcount={rows.length + 1}
        aria-multiselectable
        onKeyDown={onKeyDown}
      >
        <Head {...props} />
        <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const item = rows[index];
            if (!item) return null;
            return (
              <ItemRow
                key={key}
                item={item}
                index={index}
                top={start}
                focusable={index === current}
                picked={picked.has(keyOf(item))}
                onPick={(range) => pick(index, range)}
                onFocus={() => setActive(index)}
                onMenu={(target) => setMenu({ item, target })}
              />
            );
          })}
        </div>
      </div>
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
