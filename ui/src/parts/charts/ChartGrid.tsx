/** Virtual grid of chart cards for thousands of metrics. Groups have headings. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import styles from './ChartGrid.module.css';

export interface ChartItem {
  id: string;
  /** Charts of one group stand together under its name; '' has no head. */
  group: string;
}

type Line = { kind: 'head'; group: string; count: number } | { kind: 'cards'; ids: string[] };

const CARD_WIDTH = 320;
const CARD_HEIGHT = 260;
const HEAD_HEIGHT = 36;
const GAP = 12;

/** Lines of `columns` cards, with a head before each group. Pure. */
export function linesOf(items: ChartItem[], columns: number): Line[] {
  const groups = new Map<string, string[]>();
  for (const { id, group } of items) groups.set(group, [...(groups.get(group) ?? []), id]);
  return [...groups].flatMap(([group, ids]): Line[] => {
    const lines: Line[] = group ? [{ kind: 'head', group, count: ids.length }] : [];
    for (let at = 0; at < ids.length; at += columns) lines.push({ kind: 'cards', ids: ids.slice(at, at + columns) });
    return lines;
  });
}

interface Props {
  items: ChartItem[];
  card: (id: string) => ReactNode;
  label: string;
  className?: string;
}

export function ChartGrid({ items, card, label, className = '' }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(3);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setColumns(Math.max(1, Math.floor((element.clientWidth - 48 + GAP) / (CARD_WIDTH + GAP))));
    measure();
    if (typeof ResizeObserver === 'undefined') return;
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  const lines = useMemo(() => linesOf(items, columns), [items, columns]);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (lines[at]?.kind === 'head' ? HEAD_HEIGHT : CARD_HEIGHT + GAP),
    overscan: 1,
    getItemKey: (at) => {
      const line = lines[at];
      return line?.kind === 'head' ? `head ${line.group}` : (line?.ids.join(' ') ?? at);
    },
  });
  // Heights depend on the kind of each line: other lines are measured anew.
  useLayoutEffect(() => rows.measure(), [rows, lines]);
  return (
    <div ref={scroller} className={`${styles.scroller} ${className}`} role="group" aria-label={label}>
      <div className={styles.all} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index];
          if (!line) return null;
          if (line.kind === 'head') {
            return (
              <h3 key={key} className={styles.head} style={{ top: start, height: HEAD_HEIGHT }}>
                {line.group} <span className={styles.count}>{line.count}</span>
              </h3>
            );
          }
          return (
            <div key={key} className={styles.line} style={{ top: start, height: CARD_HEIGHT, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
              {line.ids.map(card)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
