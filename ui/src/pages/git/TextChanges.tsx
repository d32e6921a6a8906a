/** What differs between two texts: of notebooks cell by cell, of others line by line. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { diffTexts, folded, type CellDiff } from '../notebooks/history';
import { CellChange, ChangedLines } from '../notebooks/panels/CellChange';
import { notebookChanges } from './notebookChanges';
import styles from './TextChanges.module.css';

interface Props {
  /** null: there is none. */
  before: string | null;
  after: string | null;
  isNotebook: boolean;
  /** Said where the texts are equal. */
  same: string;
}

export function TextChanges({ before, after, isNotebook, same }: Props) {
  const { t } = useTranslation('git');
  const cells = useMemo(() => (isNotebook ? notebookChanges(before, after) : null), [before, after, isNotebook]);
  const lines = useMemo(() => (cells ? [] : folded(diffTexts(before ?? '', after ?? ''))), [before, after, cells]);
  if (before === after) return <p>{same}</p>;
  if (cells?.length) return <Cells cells={cells} />;
  if (cells) return <p>{t('sameCells')}</p>;
  return <ChangedLines lines={lines} />;
}

/** Lines of all cells that are drawn at once; of more, only the cells in view. */
const DRAWN = 500;

function Cells({ cells }: { cells: CellDiff[] }) {
  const lines = cells.reduce((sum, one) => sum + one.lines.length + 1, 0);
  return lines > DRAWN ? <ManyCells cells={cells} /> : cells.map((one, i) => <CellChange key={i} diff={one} />);
}

function ManyCells({ cells }: { cells: CellDiff[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: cells.length, getScrollElement: () => scroller.current, estimateSize: () => 160, overscan: 2, gap: 8 });
  return (
    <div ref={scroller} className={styles.many} tabIndex={0}>
      <div className={styles.all} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const diff = cells[index];
          return (
            diff && (
              <div key={key} ref={rows.measureElement} data-index={index} className={styles.cell} style={{ top: start }}>
                <CellChange diff={diff} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
