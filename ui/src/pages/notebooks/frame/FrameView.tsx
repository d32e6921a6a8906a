/** `display(df)` under its cell: rows with their numbers and types; sort, filter, copy. Only rows in view are drawn. */
import { Button, SearchBox, Tooltip } from '@fluentui/react-components';
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  arrange,
  cellText,
  columnWidths,
  isNumeric,
  kindOf,
  nextSort,
  readFrame,
  shownText,
  toCsv,
  type Frame,
  type Kind,
  type Sort,
} from './frame';
import { FrameHead } from './FrameHead';
import { RowNumber } from './RowNumber';
import styles from './FrameView.module.css';

const ROW = 28;
const LONG = 44;

export function FrameView({ data }: { data: unknown }) {
  const { t } = useTranslation('notebooks');
  const frame = useMemo(() => readFrame(data), [data]);
  if (!frame) return <p className={styles.note}>{t('frame.broken')}</p>;
  return <FrameTable frame={frame} />;
}

function FrameTable({ frame }: { frame: Frame }) {
  const { t } = useTranslation('notebooks');
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort | null>(null);
  const wanted = useDeferredValue(filter);
  const order = useMemo(() => arrange(frame, wanted, sort), [frame, wanted, sort]);

  return (
    <section className={styles.frame} data-chrome aria-label={t('frame.label')}>
      <div className={styles.bar}>
        <span className={styles.counts}>{useCounts(frame, order.length, wanted !== '')}</span>
        <SearchBox
          size="small"
          className={styles.filter}
          aria-label={t('frame.filter')}
          placeholder={t('frame.filter')}
          value={filter}
          onChange={(_, { value }) => setFilter(value)}
        />
        <CopyCsv frame={frame} order={order} />
      </div>
      <Rows frame={frame} order={order} sort={sort} onSort={(column) => setSort((old) => nextSort(old, column))} />
    </section>
  );
}

/** "442 rows, 11 columns"; "1,000 of 20,000 rows" where not all were sent; "3 of 442 rows match". */
function useCounts(frame: Frame, shown: number, filtered: boolean): string {
  const { t, i18n } = useTranslation('notebooks');
  const say = (n: number) => new Intl.NumberFormat(i18n.language).format(n);
  const sent = frame.rows.length;
  const columns = t('frame.columns', { count: frame.columns.length });
  if (filtered) return `${t('frame.match', { shown: say(shown), total: say(sent), count: sent })}, ${columns}`;
  if (frame.total === null) return `${t('frame.first', { shown: say(sent), count: sent })}, ${columns}`;
  if (frame.total === sent && frame.exact) return `${t('frame.rows', { shown: say(sent), count: sent })}, ${columns}`;
  const key = frame.exact ? 'frame.rowsOf' : 'frame.rowsOfMore';
  return `${t(key, { shown: say(sent), total: say(frame.total), count: frame.total })}, ${columns}`;
}

function CopyCsv({ frame, order }: { frame: Frame; order: readonly number[] }) {
  const { t } = useTranslation('notebooks');
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    await navigator.clipboard.writeText(toCsv(frame, order));
    setDone(true);
  };
  return (
    <Tooltip content={done ? t('frame.copied') : t('frame.copy')} relationship="label">
      <Button
        size="small"
        appearance="subtle"
        icon={done ? <CheckmarkRegular /> : <CopyRegular />}
        onClick={() => void copy()}
      />
    </Tooltip>
  );
}

interface RowsProps {
  frame: Frame;
  order: readonly number[];
  sort: Sort | null;
  onSort: (column: number) => void;
}

function Rows({ frame, order, sort, onSort }: RowsProps) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const scroll = useRef<HTMLDivElement>(null);
  const [whole, setWhole] = useState<string | null>(null);
  const widths = useMemo(() => columnWidths(frame), [frame]);
  const kinds = useMemo(() => frame.columns.map((column) => kindOf(column.type)), [frame]);
  const virtual = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialRect: { width: 800, height: 340 },
  });
  const labels = Math.max(5, ...(frame.index ?? []).slice(0, 200).map((label) => cellText(label)?.length ?? 4));
  const grid = `${Math.min(180, labels * 8 + 18)}px ${widths.map((width) => `${width}px`).join(' ')}`;

  return (
    <>
      <div ref={scroll} className={styles.scroll} role="table" aria-rowcount={order.length + 1} tabIndex={0}>
        <FrameHead columns={frame.columns} kinds={kinds} grid={grid} sort={sort} onSort={onSort} />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = order[index] ?? 0;
            return (
              <div
                key={row}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                style={{ gridTemplateColumns: grid, transform: `translateY(${start}px)` }}
              >
                <RowNumber role="rowheader">
                  {frame.index ? (cellText(frame.index[row]) ?? '') : row + 1}
                </RowNumber>
                {frame.columns.map((_, column) => (
                  <Cell
                    key={column}
                    value={frame.rows[row]?.[column]}
                    kind={kinds[column] ?? 'text'}
                    onWhole={setWhole}
                  />
                ))}
              </div>
            );
          })}
        </div>
        {order.length === 0 && (
          <p className={styles.note}>{frame.rows.length ? t('frame.noMatch') : t('frame.noRows')}</p>
        )}
      </div>
      {whole !== null && (
        <div className={styles.whole}>
          <pre>{whole}</pre>
          <Button size="small" onClick={() => setWhole(null)}>
            {t('shell:close')}
          </Button>
        </div>
      )}
    </>
  );
}

interface CellProps {
  value: unknown;
  kind: Kind;
  onWhole: (text: string) => void;
}

function Cell({ value, kind, onWhole }: CellProps) {
  const text = shownText(value, kind);
  const numeric = isNumeric(kind);
  if (text === null) {
    return (
      <span role="cell" className={`${styles.null} ${numeric ? styles.numeric : ''}`}>
        {'null'}
      </span>
    );
  }
  if (!numeric && text.length > LONG) {
    return (
      <span role="cell" className={styles.cell}>
        <button type="button" className={styles.long} title={text.slice(0, 500)} onClick={() => onWhole(text)}>
          {text.slice(0, 200)}
        </button>
      </span>
    );
  }
  return (
    <span role="cell" className={numeric ? styles.numeric : styles.cell} title={text.length > 16 ? text : undefined}>
      {text}
    </span>
  );
}
