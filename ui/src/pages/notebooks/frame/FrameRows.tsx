/** The rows in view, of which only those are drawn. */
import { Button } from '@fluentui/react-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cellText, columnWidths, isNumeric, kindOf, roundedText, shownText, type Frame, type Kind } from './frame';
import type { FrameQuery } from '../lab/displayed';
import { FrameHead } from './FrameHead';
import { RowNumber } from './RowNumber';
import type { Rows } from './useRows';
import { LongText } from '../../../parts/LongText';
import styles from './FrameRows.module.css';

const ROW = 28;
const LONG = 44;

interface Props {
  frame: Frame;
  rows: Rows;
  asked: FrameQuery;
  onSort: (column: number) => void;
}

export function FrameRows({ frame, rows, asked, onSort }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const scroll = useRef<HTMLDivElement>(null);
  const [full, setFull] = useState<string | null>(null);
  const widths = useMemo(() => columnWidths(frame), [frame]);
  const kinds = useMemo(() => frame.columns.map((column) => kindOf(column.type)), [frame]);
  const virtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialRect: { width: 800, height: 340 },
  });
  const shown = virtual.getVirtualItems();
  const { onView } = rows;
  const [first, last] = [shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0];
  useEffect(() => onView(first, last));
  useEffect(() => {
    if (scroll.current) scroll.current.scrollTop = 0; // other rows, or another order: from the beginning
  }, [asked]);
  const digits = String(rows.count).length;
  const labels = Math.max(5, digits, ...(frame.index ?? []).slice(0, 200).map((label) => cellText(label)?.length ?? 4));
  const grid = `${Math.min(180, labels * 8 + 18)}px ${widths.map((width) => `${width}px`).join(' ')}`;

  return (
    <div className={styles.rows}>
      <div ref={scroll} className={styles.scroll} role="table" aria-rowcount={rows.count + 1} tabIndex={0}>
        <FrameHead columns={frame.columns} kinds={kinds} grid={grid} sort={asked.sort} onSort={onSort} />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const row = rows.at(index);
            return (
              <div
                key={index}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                style={{ gridTemplateColumns: grid, transform: `translateY(${start}px)` }}
              >
                <RowNumber role="rowheader">{row ? (cellText(row.label) ?? '') : '…'}</RowNumber>
                {row &&
                  frame.columns.map((_, column) => (
                    <Cell key={column} value={row.cells[column]} kind={kinds[column] ?? 'text'} onFull={setFull} />
                  ))}
              </div>
            );
          })}
        </div>
        {rows.count === 0 && !rows.waiting && (
          <p className={styles.note}>{frame.rows.length ? t('frame.noMatch') : t('frame.noRows')}</p>
        )}
      </div>
      {full !== null && (
        <div className={styles.full}>
          <pre><LongText text={full} /></pre>
          <Button size="small" onClick={() => setFull(null)}>
            {t('shell:close')}
          </Button>
        </div>
      )}
    </div>
  );
}

interface CellProps {
  value: unknown;
  kind: Kind;
  onFull: (text: string) => void;
}

function Cell({ value, kind, onFull }: CellProps) {
  const exact = shownText(value, kind);
  const numeric = isNumeric(kind);
  if (exact === null) {
    return (
      <span role="cell" className={`${styles.null} ${numeric ? styles.numeric : ''}`}>
        {'null'}
      </span>
    );
  }
  if (!numeric && exact.length > LONG) {
    return (
      <span role="cell" className={styles.cell}>
        <button type="button" className={styles.long} title={exact.slice(0, 500)} onClick={() => onFull(exact)}>
          {exact.slice(0, 200)}
        </button>
      </span>
    );
  }
  const text = roundedText(value, kind);
  const hint = text !== exact || exact.length > 16 ? exact : undefined;
  return (
    <span role="cell" className={numeric ? styles.numeric : styles.cell} title={hint}>
      {text}
    </span>
  );
}
