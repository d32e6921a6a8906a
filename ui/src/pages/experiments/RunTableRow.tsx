/** One row of the run list. */
import { MoreHorizontalRegular } from '@fluentui/react-icons';
import { memo, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { RunRow } from '../../api/schema';
import type { Column } from './columns';
import { RunCell } from './RunCell';
import styles from './RunTable.module.css';

export const ROW_HEIGHT = 36;

interface Props {
  run: RunRow;
  index: number;
  top: number;
  template: string;
  columns: Column[];
  picked: boolean;
  to: string;
  onPick: (run: RunRow, shift: boolean) => void;
  onMenu: (run: RunRow, event: MouseEvent) => void;
}

/** Plain controls, no Fluent ones: rows come and go by the dozen while one scrolls. */
function Row({ run, index, top, template, columns, picked, to, onPick, onMenu }: Props) {
  const { t } = useTranslation('experiments');
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={picked}
      className={`${styles.row} ${picked ? styles.picked : ''}`}
      style={{ top, gridTemplateColumns: template }}
      onContextMenu={(event) => onMenu(run, event)}
    >
      <span role="cell" className={styles.check}>
        <input
          type="checkbox"
          aria-label={t('list.pick', { name: run.name })}
          checked={picked}
          onClick={(event) => onPick(run, event.shiftKey)}
          onChange={() => undefined}
        />
      </span>
      <span role="cell" className={`${styles.cell} ${styles.name}`}>
        <Link to={to} className={`${styles.link} hl-line`} title={run.name}>
          {run.name}
        </Link>
      </span>
      {columns.map((column) => (
        <span
          key={column.id}
          role="cell"
          className={`${styles.cell} ${column.kind === 'metrics' || column.kind === 'duration' ? styles.number : ''}`}
        >
          <RunCell run={run} column={column} />
        </span>
      ))}
      <span role="cell" className={styles.menu}>
        <button type="button" aria-label={t('list.menu', { name: run.name })} onClick={(event) => onMenu(run, event)}>
          <MoreHorizontalRegular fontSize={18} />
        </button>
      </span>
    </div>
  );
}

export const RunTableRow = memo(Row);
