/** The run list as a table of virtual rows: ten thousand runs cost what forty do. New rows never move what is read. */
import { Button, Spinner } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunRow } from '../../api/schema';
import type { Order } from './address';
import type { Column } from './columns';
import { useColumnLabel } from './labels';
import { RunMenu, type RunMenuTarget } from './RunMenu';
import { RunTableRow, ROW_HEIGHT } from './RunTableRow';
import styles from './RunTable.module.css';
import { useAnchor } from './useAnchor';

const NAME_WIDTH = 232;

interface Props {
  runs: RunRow[];
  total: number;
  columns: Column[];
  order: Order;
  onOrder: (order: Order) => void;
  picked: string[];
  onPick: (ids: string[]) => void;
  hasMore: boolean;
  loadingMore: boolean;
  onMore: () => void;
  /** Told apart lists: another filter or order starts at the top. */
  listKey: string;
  link: (run: RunRow) => string;
}

export function RunTable(props: Props) {
  const { runs, total, columns, picked, onPick, hasMore, loadingMore, onMore } = props;
  const { t } = useTranslation('experiments');
  const scroller = useRef<HTMLDivElement>(null);
  const lastPicked = useRef<string | null>(null);
  const [menu, setMenu] = useState<RunMenuTarget | null>(null);
  const count = Math.max(runs.length, hasMore ? total : runs.length);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (at) => runs[at]?.run_id ?? `row-${at}`,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useAnchor(scroller, runs, props.listKey);
  useEffect(() => {
    if (hasMore && !loadingMore && last >= runs.length - 20) onMore();
  }, [hasMore, loadingMore, last, runs.length, onMore]);

  const latest = useRef({ runs, picked, onPick });
  useEffect(() => {
    latest.current = { runs, picked, onPick };
  });
  // Rows are memoised: what they call must stay the same function.
  const toggle = useCallback((run: RunRow, shift: boolean) => {
    const now = latest.current;
    const from = now.runs.findIndex((one) => one.run_id === lastPicked.current);
    const to = now.runs.findIndex((one) => one.run_id === run.run_id);
    const on = !now.picked.includes(run.run_id);
    lastPicked.current = run.run_id;
    const range = shift && from >= 0 ? now.runs.slice(Math.min(from, to), Math.max(from, to) + 1) : [run];
    const ids = range.map((one) => one.run_id);
    now.onPick(on ? [...now.picked, ...ids.filter((id) => !now.picked.includes(id))] : now.picked.filter((id) => !ids.includes(id)));
  }, []);
  const openMenu = useCallback((run: RunRow, event: MouseEvent) => {
    event.preventDefault();
    const keyboard = event.clientX === 0 && event.clientY === 0;
    const box = event.currentTarget.getBoundingClientRect();
    setMenu({ run, x: keyboard ? box.left : event.clientX, y: keyboard ? box.bottom : event.clientY });
  }, []);
  const template = `36px ${NAME_WIDTH}px ${columns.map((column) => `${column.width}px`).join(' ')} 44px`;
  const width = 36 + NAME_WIDTH + columns.reduce((sum, column) => sum + column.width, 44);

  return (
    <div ref={scroller} className={styles.scroller} data-testid="run-list">
      <div role="table" aria-label={t('list.label')} aria-rowcount={count + 1} className={styles.table} style={{ minWidth: width }}>
        <Head {...props} template={template} />
        <div role="rowgroup" className={styles.body} style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const run = runs[index];
            return run ? (
              <RunTableRow
                key={key}
                run={run}
                index={index}
                top={start}
                template={template}
                columns={columns}
                picked={picked.includes(run.run_id)}
                to={props.link(run)}
                onPick={toggle}
                onMenu={openMenu}
              />
            ) : (
              <div key={key} role="row" aria-rowindex={index + 2} className={styles.waiting} style={{ top: start }}>
                <span role="cell" className={styles.bone} />
              </div>
            );
          })}
        </div>
      </div>
      {loadingMore && <Spinner size="extra-tiny" className={styles.more} aria-label={t('list.loadingMore')} />}
      <RunMenu target={menu} onClose={() => setMenu(null)} />
    </div>
  );
}

function Head({ runs, columns, order, onOrder, picked, onPick, template }: Props & { template: string }) {
  const { t } = useTranslation('experiments');
  const loaded = runs.filter((run) => picked.includes(run.run_id)).length;
  const checked = loaded === 0 ? false : loaded === runs.length ? true : 'mixed';
  const name: Column = { id: 'name', key: 'name', kind: 'source', width: NAME_WIDTH, order: 'run_name' };
  return (
    <div role="row" aria-rowindex={1} className={styles.head} style={{ gridTemplateColumns: template }}>
      <span role="columnheader" className={styles.check}>
        <input
          type="checkbox"
          ref={(box) => {
            if (box) box.indeterminate = checked === 'mixed';
          }}
          aria-label={t('list.pickAll')}
          checked={checked === true}
          onChange={() => onPick(checked === false ? runs.map((run) => run.run_id) : [])}
        />
      </span>
      {[name, ...columns].map((column) => (
        <HeadCell key={column.id} column={column} order={order} onOrder={onOrder} />
      ))}
      <span role="columnheader" aria-label={t('list.actions')} />
    </div>
  );
}

function HeadCell({ column, order, onOrder }: { column: Column; order: Order; onOrder: (order: Order) => void }) {
  const { t } = useTranslation('experiments');
  const label = useColumnLabel()(column);
  const active = order.field === column.order;
  const classes = [styles.headCell, column.id === 'name' ? styles.name : '', column.kind === 'metrics' || column.kind === 'duration' ? styles.right : ''];
  const sort = active ? (order.down ? 'descending' : 'ascending') : undefined;
  const { order: field } = column;
  // A first click shows the largest or newest first; names and texts start at A.
  const down = active ? !order.down : ['metrics', 'start_time', 'duration'].includes(column.kind);
  return (
    <span role="columnheader" aria-sort={sort} className={classes.join(' ')} title={label}>
      {field === null ? (
        <span className={`${styles.headText} hl-line`}>{label}</span>
      ) : (
        <Button
          appearance="transparent"
          size="small"
          className={styles.headButton}
          iconPosition="after"
          icon={active ? order.down ? <ArrowDownRegular fontSize={14} /> : <ArrowUpRegular fontSize={14} /> : undefined}
          aria-label={t('list.sortBy', { column: label })}
          onClick={() => onOrder({ field, down })}
        >
          <span className="hl-line">{label}</span>
        </Button>
      )}
    </span>
  );
}
