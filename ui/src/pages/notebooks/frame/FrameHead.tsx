/** The head of a table of data: name, what kind it holds, and the order; a click sorts. */
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { isNumeric, type Column, type Kind, type Sort } from './frame';
import { RowNumber } from './RowNumber';
import styles from './FrameHead.module.css';

/** Read at a glance, the same in every language. */
const MARKS: Record<Kind, string> = {
  integer: '123',
  number: '1.2',
  boolean: '0/1',
  time: '12:00',
  nested: '{ }',
  binary: '0x',
  text: 'abc',
};

interface Props {
  columns: readonly Column[];
  kinds: readonly Kind[];
  grid: string;
  sort: Sort | null;
  onSort: (column: number) => void;
}

export function FrameHead({ columns, kinds, grid, sort, onSort }: Props) {
  const { t } = useTranslation('notebooks');
  return (
    <div className={styles.head} role="row" style={{ gridTemplateColumns: grid }}>
      <RowNumber role="columnheader">
        <span className="hl-hidden">{t('frame.row')}</span>
      </RowNumber>
      {columns.map((column, i) => {
        const sorted = sort?.column === i ? sort : null;
        const kind = kinds[i] ?? 'text';
        return (
          <span
            key={i}
            role="columnheader"
            aria-sort={sorted ? (sorted.down ? 'descending' : 'ascending') : 'none'}
            className={isNumeric(kind) ? styles.headNumeric : undefined}
          >
            <button
              type="button"
              className={styles.sort}
              title={`${column.name}: ${column.type}`}
              onClick={() => onSort(i)}
            >
              <span className={styles.kind} aria-hidden>
                {MARKS[kind]}
              </span>
              <span className="hl-line">{column.name}</span>
              <span className={styles.order} aria-hidden>
                {sorted && (sorted.down ? <ArrowDownRegular /> : <ArrowUpRegular />)}
              </span>
            </button>
          </span>
        );
      })}
    </div>
  );
}
