/** The run list as a virtual grid, for ten thousand runs with eight hundred columns. Nested runs are a tree. */
import { Spinner } from '@fluentui/react-components';
import { EyeOffRegular, EyeRegular, FlagFilled, MoreHorizontalRegular, PinFilled, StarFilled, StarRegular } from '@fluentui/react-icons';
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { useUpdateRun } from '../../api/runs';
import type { RunRow } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { colorOf } from '../../lib/chartColors';
import { i18n } from '../../lib/i18n';
import { useLanguage } from '../../lib/language';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Disclosure } from '../../parts/table/Disclosure';
import { Grid, menuPlace, type GridColumn, type GridSelection, type MenuPlace } from '../../parts/table/Grid';
import { stateNow, type Order } from './address';
import type { CellLook } from './cellLook';
import type { Column } from './columns';
import { GroupCell, GroupName } from './GroupCell';
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
/** Room beside a metric's value for its distance from the baseline, or for the deviation of a mean. */
const BESIDE_WIDTH = 56;
const GROUP_NAME_WIDTH = 320;

/** The texts of cells, which are drawn again when the language changes: a hook in each would cost more than the cell. */
const say = i18n.getFixedT(null, 'experiments');

interface Props {
  /** In order; a parent stands before its children. */
  rows: TreeRow[];
  /** Rows in all, loaded or not. */
  count: number;
  tree: boolean;
  columns: Column[];
  places: ColumnPlaces;
  /** The first decides; each further one among runs that are equal so far. */
  orders: Order[];
  onOrder: (orders: Order[]) => void;
  picked: string[];
  onPick: (ids: string[]) => void;
  colors: Map<string, string>;
  /** Fields that the runs are grouped by; none: they are not. */
  groupBy: string[];
  /** Names of parents, where runs are grouped by them. */
  parentNames: Record<string, string>;
  look: CellLook;
  /** Ticked runs that charts leave out. */
  hidden: string[];
  onHide: (run: string) => void;
  /** Runs that stand at the top. */
  pinned: string[];
  onPin: (run: string) => void;
  onExpand: (key: string, expanded: boolean) => void;
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
  return useMemo(() => {
    const ticked = new Set(picked);
    const ids = rows.flatMap(({ run }) => (run ? [run.run_id] : []));
    return {
      canPick: (index) => Boolean(rows[index]?.run),
      isPicked: (index) => ticked.has(rows[index]?.run?.run_id ?? ''),
      onPick: (index, range) => {
        const id = rows[index]?.run?.run_id;
        if (!id) return;
        const from = ids.indexOf(lastPicked.current ?? '');
        const to = ids.indexOf(id);
        const meant = range && from >= 0 ? ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
        lastPicked.current = id;
        const now = stateNow().picked;
        onPick(now.includes(id) ? now.filter((one) => !meant.includes(one)) : [...now, ...meant.filter((one) => !now.includes(one))]);
      },
      onPickAll: () => onPick(ids.every((id) => ticked.has(id)) ? [] : ids),
      all: picked.length === 0 ? false : ids.every((id) => ticked.has(id)) ? true : 'mixed',
      allLabel: t('list.pickAll'),
      rowLabel: (index) => t('list.pick', { name: rows[index]?.run?.name ?? '' }),
    };
  }, [rows, picked, onPick, t]);
}

/** The columns for the grid: the name, then the chosen or suggested ones. */
function useGridColumns({ columns, places, orders, onOrder, look, groupBy }: Pick<Props, 'columns' | 'places' | 'orders' | 'onOrder' | 'look' | 'groupBy'>): GridColumn[] {
  const { t } = useTranslation('experiments');
  const labelOf = useColumnLabel();
  return useMemo(() => {
    const sortOf = (field: string | null, isNumber: boolean): Pick<GridColumn, 'sort' | 'sortRank' | 'onSort'> => {
      if (field === null) return {};
      const at = orders.findIndex((one) => one.field === field);
      const active = orders[at];
      // A first click shows the largest or newest first; names and texts start at A.
      const next = { field, down: active ? !active.down : isNumber };
      return {
        sort: active ? (active.down ? 'descending' : 'ascending') : 'none',
        sortRank: active && orders.length > 1 ? at + 1 : undefined,
        onSort: (add) => onOrder(add ? (active ? orders.map((one) => (one === active ? next : one)) : [...orders, next]) : [next]),
      };
    };
    const grouped = groupBy.length > 0;
    const beside = look.baseline || grouped || look.below.size > 0 ? BESIDE_WIDTH : 0;
    const own = columns.map((column): GridColumn => {
      const isNumber = ['metrics', 'min', 'max', 'min_step', 'max_step', 'duration'].includes(column.kind);
      return {
        id: column.id,
        label: labelOf(column),
        width: places.widths.get(column.id) ?? column.width + (column.kind === 'metrics' ? beside : 0),
        pinned: places.pinned.includes(column.id),
        movable: true,
        align: isNumber ? 'end' : 'start',
        ...sortOf(column.order, column.kind !== 'min' && (isNumber || column.kind === 'start_time')),
      };
    });
    const name: GridColumn = { id: NAME, label: t('column.name'), width: places.widths.get(NAME) ?? (grouped ? GROUP_NAME_WIDTH : NAME_WIDTH), pinned: true, ...sortOf('run_name', false) };
    return [name, ...own, { id: MENU, label: t('list.actions'), head: <span className="hl-hidden">{t('list.actions')}</span>, width: 44 }];
  }, [columns, places, orders, onOrder, labelOf, look, groupBy, t]);
}

export function RunTable(props: Props) {
  const { rows, count, columns, places, picked, onPick, onExpand, loadingMore, onMore, link, groupBy, look } = props;
  const tree = props.tree || groupBy.length > 0;
  const { t } = useTranslation('experiments');
  const navigate = useNavigate();
  const { workspace = '' } = useParams();
  const canWrite = useCanWrite(workspace);
  const { mutate } = useUpdateRun();
  const star = (run: RunRow) => mutate({ workspace, run: run.run_id, starred: !run.starred });
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
  // The same function for the same rows: the grid would place ten thousand rows again.
  const rowKey = useCallback((index: number) => rows[index]?.key ?? `row-${index}`, [rows]);
  const cell = (index: number, id: string): ReactNode => {
    const row = rows[index];
    if (!row) return null;
    if (row.group) {
      if (id === NAME) return <GroupName group={row.group} fields={groupBy} names={props.parentNames} expanded={row.expanded} onExpand={(open) => onExpand(row.key, open)} />;
      return <GroupCell group={row.group} fields={groupBy} column={byId.get(id)} best={look.best} />;
    }
    if (!row.run) return id === NAME ? <span className={styles.more}>{t('list.moreChildren', { count: row.hidden })}</span> : null;
    const { run } = row;
    if (id === NAME) return <NameCell {...props} row={row} run={run} tree={tree} onStar={canWrite ? star : undefined} />;
    if (id === MENU) {
      return (
        <button type="button" tabIndex={-1} className={styles.menu} aria-label={t('list.menu', { name: run.name })} onClick={(event) => openMenu(index, menuPlace(event))}>
          <MoreHorizontalRegular fontSize={18} />
        </button>
      );
    }
    const column = byId.get(id);
    return column ? <RunCell run={run} column={column} look={look} /> : null;
  };
  return (
    <>
      <Grid
        label={t('list.label')}
        count={count}
        columns={gridColumns}
        rowKey={rowKey}
        isLoaded={(index) => index < rows.length}
        cell={cell}
        selection={selection}
        onOpen={(index) => {
          const row = rows[index];
          if (row?.run) void navigate(link(row.run));
          else if (row?.group) onExpand(row.key, !row.expanded);
        }}
        onMenu={openMenu}
        branch={
          tree
            ? (index) => {
                const row = rows[index];
                return row ? { level: row.level + 1, expanded: row.branch ? row.expanded : null } : null;
              }
            : undefined
        }
        onExpand={(index, expanded) => onExpand(rows[index]?.key ?? '', expanded)}
        rowClass={(index) => (rows[index]?.run?.matches === false ? styles.above : undefined)}
        sortsByMany
        onResize={places.resize}
        onMove={places.move}
        onPin={places.pin}
        onRange={(last) => {
          if (last >= rows.length - 20) onMore();
        }}
        listKey={props.listKey}
        footer={loadingMore ? <Spinner size="extra-tiny" className={styles.loading} aria-label={t('list.loadingMore')} /> : undefined}
      />
      <RunMenu target={menu} pinned={props.pinned} onPin={props.onPin} onClose={() => setMenu(null)} />
    </>
  );
}

interface NameProps extends Pick<Props, 'colors' | 'picked' | 'hidden' | 'onHide' | 'onExpand' | 'link' | 'look'> {
  row: TreeRow;
  run: RunRow;
  tree: boolean;
  /** undefined where the person may not change runs. */
  onStar: ((run: RunRow) => void) | undefined;
}

function NameCell({ row, run, tree, colors, picked, hidden, onHide, onExpand, link, look, onStar }: NameProps) {
  useLanguage();
  const color = colors.get(run.run_id);
  const isHidden = hidden.includes(run.run_id);
  return (
    <span className={styles.name} style={{ paddingLeft: tree ? row.level * INDENT : 0 }}>
      {tree && row.branch && (
        <Disclosure
          expanded={row.expanded}
          label={say(row.expanded ? 'list.collapse' : 'list.expand', { name: run.name })}
          onExpand={(expanded) => onExpand(row.key, expanded)}
        />
      )}
      {tree && !row.branch && <span className={styles.leaf} />}
      <span className={styles.dot} style={{ background: color ?? colorOf(run.run_id), opacity: color && !isHidden ? 1 : 0.35 }} aria-hidden />
      <Link to={link(run)} tabIndex={-1} className={styles.link}>
        <MiddleEllipsis text={run.name} />
      </Link>
      {!run.matches && <span className="hl-hidden">{say('list.above')}</span>}
      {row.pinned && (
        <span className={styles.star} title={say('list.pinned')} role="img" aria-label={say('list.pinned')}>
          <PinFilled fontSize={14} />
        </span>
      )}
      {look.baseline?.run_id === run.run_id && (
        <span className={styles.star} title={say('sideBySide.isBaseline')} role="img" aria-label={say('sideBySide.isBaseline')}>
          <FlagFilled fontSize={14} />
        </span>
      )}
      <Star run={run} onStar={onStar} />
      {run.children > 0 && (
        <span className={styles.children} title={childrenText(run.children, look.below.get(run.run_id)?.runs)}>
          {run.children}
        </span>
      )}
      {picked.includes(run.run_id) && (
        <button type="button" tabIndex={-1} className={styles.eye} aria-pressed={isHidden} aria-label={say(isHidden ? 'list.showInCharts' : 'list.hideInCharts', { name: run.name })} title={say(isHidden ? 'list.showInCharts' : 'list.hideInCharts', { name: run.name })} onClick={() => onHide(run.run_id)}>
          {isHidden ? <EyeOffRegular fontSize={16} /> : <EyeRegular fontSize={16} />}
        </button>
      )}
    </span>
  );
}

/** How many runs are directly below, and how many in all where some of them have runs below. */
function childrenText(count: number, all = count): string {
  return all > count ? say('list.descendants', { count, all }) : say('list.children', { count });
}

/** The star of a run, which everybody sees; without one, the place to set it shows below the pointer. */
function Star({ run, onStar }: Pick<NameProps, 'run' | 'onStar'>) {
  useLanguage();
  if (!onStar) {
    return run.starred ? (
      <span className={styles.star} role="img" aria-label={say('list.starred')} title={say('list.starred')}>
        <StarFilled fontSize={16} />
      </span>
    ) : null;
  }
  const label = say(run.starred ? 'list.unstar' : 'list.star', { name: run.name });
  return (
    <button type="button" tabIndex={-1} className={run.starred ? styles.starred : styles.unstarred} aria-pressed={run.starred} aria-label={label} title={label} onClick={() => onStar(run)}>
      {run.starred ? <StarFilled fontSize={16} /> : <StarRegular fontSize={16} />}
    </button>
  );
}
