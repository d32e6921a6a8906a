/** Short tables whose rows are all drawn. `Grid` is for lists whose length a user's data decides. */
import type { ReactNode } from 'react';
import styles from './PlainTable.module.css';

export function PlainTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    <table className={styles.table} aria-label={label}>
      {children}
    </table>
  );
}

export interface PageColumn {
  /** "" for a column of buttons. */
  label: string;
  /** In px; the columns without a width share the rest. */
  width?: number;
  align?: 'end';
}

interface PageTableProps {
  label: string;
  columns: PageColumn[];
  /** In px; below, the table scrolls sideways instead of hiding names. */
  minWidth: number;
  children: ReactNode;
}

/** A table that fills a page, with a head that stays: people, groups, capacities, workspaces, the bin. */
export function PageTable({ label, columns, minWidth, children }: PageTableProps) {
  return (
    <div className={styles.scroll}>
      <table className={styles.page} style={{ minWidth }} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} style={{ width: column.width }} data-align={column.align}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A row that opens something: a click anywhere does, and the button in its `RowName` for the keyboard. */
export function OpeningRow({ onOpen, children }: { onOpen: () => void; children: ReactNode }) {
  return (
    <tr className={styles.opening} onClick={onOpen}>
      {children}
    </tr>
  );
}

/** What stands in a cell beside each other: a picture, the name, badges. */
export function CellLine({ children }: { children: ReactNode }) {
  return <span className={styles.line}>{children}</span>;
}

/** The name of what a row opens. */
export function RowName({ name, onOpen }: { name: string; onOpen: () => void }) {
  return (
    <button
      type="button"
      className={styles.name}
      title={name}
      onClick={(event) => {
        event.stopPropagation();
        onOpen();
      }}
    >
      {name}
    </button>
  );
}

/** A less important text in a cell. */
export function Faint({ children }: { children: ReactNode }) {
  return <span className={styles.faint}>{children}</span>;
}
