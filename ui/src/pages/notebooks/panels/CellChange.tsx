/** What changed in a cell, line by line, and the lines of any other text. */
import { Badge } from '@fluentui/react-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { folded, type CellDiff, type DiffLine } from '../history';
import { LongText } from '../../../parts/LongText';
import styles from './CellChange.module.css';

const COLORS = { changed: 'brand', added: 'success', removed: 'danger', moved: 'informative', retyped: 'informative' } as const;

export function CellChange({ diff: { kind, number, type, lines } }: { diff: CellDiff }) {
  const { t } = useTranslation('notebooks');
  return (
    <section className={styles.cell} aria-label={t('history.cell', { number })}>
      <header>
        <span>{t('history.cell', { number })}</span>
        <Badge appearance="tint" color={COLORS[kind]}>
          {t(`history.kind.${kind}`)}
        </Badge>
        <span className={styles.type}>{t(type === 'code' ? 'cell.code' : 'cell.markdown')}</span>
      </header>
      {lines.length > 0 && <ChangedLines lines={kind === 'changed' ? folded(lines) : lines} />}
    </section>
  );
}

/** Lines that are all drawn; of more, only those in view. */
const DRAWN = 500;
/** Pixels, as in the stylesheet. */
const LINE = 18;

/** Lines with their signs; null stands for lines that are left out. */
export function ChangedLines({ lines }: { lines: readonly (DiffLine | null)[] }) {
  if (lines.length > DRAWN) return <ManyLines lines={lines} />;
  return (
    <pre className={styles.lines} tabIndex={0}>
      {lines.map((line, i) => (
        <Line key={i} line={line} />
      ))}
    </pre>
  );
}

function ManyLines({ lines }: { lines: readonly (DiffLine | null)[] }) {
  const scroller = useRef<HTMLPreElement>(null);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 20 });
  const items = rows.getVirtualItems();
  return (
    <pre ref={scroller} className={`${styles.lines} ${styles.many}`} tabIndex={0}>
      <div style={{ paddingTop: items[0]?.start ?? 0, paddingBottom: rows.getTotalSize() - (items.at(-1)?.end ?? 0) }}>
        {items.map(({ index }) => (
          <Line key={index} line={lines[index] ?? null} />
        ))}
      </div>
    </pre>
  );
}

function Line({ line }: { line: DiffLine | null }) {
  if (!line) return <span className={styles.fold}>…</span>;
  return (
    <span className={styles.line} data-kind={line.kind}>
      <span className={styles.sign}>{line.kind === 'added' ? '+' : line.kind === 'removed' ? '−' : ' '}</span>
      <LongText text={line.text || ' '} />
    </span>
  );
}
