/** The run list as a virtual grid, for ten thousand runs with eight hundred columns. Nested runs are a tree. */
import { Spinner } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular, MoreHorizontalRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { RunRow } from '../../api/schema';
import { colorOf } from '../../lib/chartColors';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Grid, menuPlace, type GridColumn, type GridSelection, type MenuPlace } from '../../parts/table/Grid';
import type { Order } from './address';
import type { Column } from './columns';
import { useColumnLabel } from './labels';
import { RunCell } from './RunCell';
import { RunMenu, type RunMenuTarget } from './RunMenu';
import styles from './RunTable.module.css';
import type { TreeRow } from './tree';
import type { ColumnPlaces } from './useColumnPlaces';

const NAME = 'name';
const MENU = 'menu';
const NAME_WIDTH = 248;
const INDENT = 18;

interface Props {
  /** In order; a parent stands before its children. */
  rows: TreeRow[];
  /** Rows in all, loaded or not. */
  count: number;
  tree: boolean;
  columns: Column[];
  places: ColumnPlaces;
  order: Order;
  onOrder: (order: Order) => void;
  picked: string[];
  onPick: (ids: string[]) => void;
  colors: Map<string, string>;
  onExpand: (run: string, expanded: boolean) => void;
  loadingMore: boolean;
  onMore: () => void;
  /** Another filter or order starts at the top. */
  listKey: string;
  link: (run: RunRow) => string;
}

/** Selection of runs: single ones, ranges with Shift, and all loaded ones. */
function useTicks(rows: TreeRow[], picked: string[], onPick: (ids: string[]) => void): GridSelection {
  const { t } = useTranslation('experiments');
  const lastPicked = useRef<string | null>(null);
  // The URL updates a moment after a click, so a second click must use the state that the first one requested.
  const asked = useRef(picked);
  useEffect(() => {
    asked.current = picked;
  }, [picked]);
  return useMemo(() => {
    const ask = (next: string[]) => {
      asked.current = next;
      onPick(next);
    };
    const ticked = new Set(picked);
    const ids = rows.flatMap(({ run }) => (run ? [run.run_id] : []));
    return {
      isPicked: (index) => ticked.has(rows[index]?.run?.run_id ?? ''),
      onPick: (index, range) => {
        const id = rows[index]?.run?.run_id;
        if (!id) return;
        const from = ids.indexOf(lastPicked.current ?? '');
        const to = ids.indexOf(id);
        const meant = range && from >= 0 ? ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
        lastPicked.current = id;
        const now = asked.current;
        ask(now.includes(id) ? now.filter((one) => !meant.includes(one)) : [...now, ...meant.filter((one) => !now.includes(one))]);
      },
      onPickAll: () => ask(ids.every((id) => ticked.has(id)) ? [] : ids),
      all: picked.length === 0 ? false : ids.every((id) => ticked.has(id)) ? true : 'mixed',
      allLabel: t('list.pickAll'),
      rowLabel: (index) => t('list.pick', { name: rows[index]?.run?.name ?? '' }),
    };
  }, [rows, picked, onPick, t]);
}

/** The columns for the grid: the name, then the chosen or suggested ones. */
function useGridColumns({ columns, places, order, onOrder }: Pick<Props, 'columns' | 'places' | 'order' | 'onOrder'>): GridColumn[] {
  const { t } = useTranslation('experiments');
  const labelOf = useColumnLabel();
  return useMemo(() => {
    const sortOf = (field: string | null, isNumber: boolean): Pick<GridColumn, 'sort' | 'onSort'> => {
      if (field === null) return {};
      const active = order.field === field;
      // A first click shows the largest or newest first; names and texts start at A.
      return { sort: active ? (order.down ? 'descending' : 'ascending') : 'none', onSort: () => onOrder({ field, down: active ? !order.down : isNumber }) };
    };
    const own = columns.map((column): GridColumn => {
      const isNumber = column.kind === 'metrics' || column.kind === 'duration';
      return {
        id: column.id,
        label: labelOf(column),
        width: places.widths.get(column.id) ?? column.width,
        pinned: places.pinned.includes(column.id),
        movable: true,
        align: isNumber ? 'end' : 'start',
        ...sortOf(column.order, isNumber || column.kind === 'start_time'),
      };
    });
    const name: GridColumn = { id: NAME, label: t('column.name'), width: places.widths.get(NAME) ?? NAME_WIDTH, pinned: true, ...sortOf('run_name', false) };
    return [name, ...own, { id: MENU, label: t('list.actions'), head: <span className="hl-hidden">{t('list.actions')}</span>, width: 44 }];
  }, [columns, places, order, onOrder, labelOf, t]);
}

export function RunTable(props: Props) {
  const { rows, count, tree, columns, places, picked, onPick, colors, onExpand, loadingMore, onMore, link } = props;
  const { t } = useTranslation('experiments');
  const navigate = useNavigate();
  const [menu, setMenu] = useState<RunMenuTarget | null>(null);
  const selection = useTicks(rows, picked, onPick);
  const gridColumns = useGridColumns(props);
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const openMenu = useCallback(
    (index: number, place: MenuPlace) => {
      const run = rows[index]?.run;
      if (run) setMenu({ run, place });
    },
    [rows],
  );
  const cell = (index: number, id: string): ReactNode => {
    const row = rows[index];
    if (!row) return null;
    if (!row.run) return id === NAME ? <span className={styles.more}>{t('list.moreChildren', { count: row.hidden })}</span> : null;
    const { run } = row;
    if (id === NAME) return <NameCell row={row} run={run} tree={tree} to={link(run)} color={colors.get(run.run_id)} onExpand={onExpand} />;
    if (id === MENU) {
      return (
        <button type="button" tabIndex={-1} className={styles.menu} aria-label={t('list.menu', { name: run.name })} onClick={(event) => openMenu(index, menuPlace(event))}>
          <MoreHorizontalRegular fontSize={18} />
        </button>
      );
    }
    const column = byId.get(id);
    return column ? <RunCell run={run} column={column} /> : null;
  };
  return (
    <>
      <Grid
        label={t('list.label')}
        count={count}
        columns={gridColumns}
        rowKey={(index) => rows[index]?.key ?? `row-${index}`}
        isLoaded={(index) => index < rows.length}
        cell={cell}
        selection={selection}
        onOpen={(index) => {
          const run = rows[index]?.run;
          if (run) void navigate(link(run));
        }}
        onMenu={openMenu}
        branch={
          tree
            ? (index) => {
                const row = rows[index];
                return row ? { level: row.level + 1, expanded: row.run?.children ? row.expanded : null } : null;
              }
            : undefined
        }
        onExpand={(index, expanded) => onExpand(rows[index]?.run?.run_id ?? '', expanded)}
        onResize={places.resize}
        onMove={places.move}
        onPin={places.pin}
        onRange={(last) => {
          if (last >= rows.length - 20) onMore();
        }}
        listKey={props.listKey}
        footer={loadingMore ? <Spinner size="extra-tiny" className={styles.loading} aria-label={t('list.loadingMore')} /> : undefined}
      />
      <RunMenu target={menu} onClose={() => setMenu(null)} />
    </>
  );
}

interface NameProps {
  row: TreeRow;
  run: RunRow;
  tree: boolean;
  to: string;
  color: string | undefined;
  onExpand: (run: string, expanded: boolean) => void;
}

function NameCell({ row, run, tree, to, color, onExpand }: NameProps) {
  const { t } = useTranslation('experiments');
  return (
    <span className={styles.name} style={{ paddingLeft: tree ? row.level * INDENT : 0 }}>
      {tree && run.children > 0 && (
        <button
          type="button"
          tabIndex={-1}
          className={styles.chevron}
          aria-label={t(row.expanded ? 'list.collapse' : 'list.expand', { name: run.name })}
          onClick={() => onExpand(run.run_id, !row.expanded)}
        >
          {row.expanded ? <ChevronDownRegular fontSize={14} /> : <ChevronRightRegular fontSize={14} />}
        </button>
      )}
      {tree && run.children === 0 && <span className={styles.leaf} />}
      <span className={styles.dot} style={{ background: color ?? colorOf(run.run_id), opacity: color ? 1 : 0.35 }} aria-hidden />
      <Link to={to} tabIndex={-1} className={styles.link}>
        <MiddleEllipsis text={run.name} />
      </Link>
      {run.children > 0 && (
        <span className={styles.children} title={t('list.children', { count: run.children })}>
          {run.children}
        </span>
      )}
    </span>
  );
}
