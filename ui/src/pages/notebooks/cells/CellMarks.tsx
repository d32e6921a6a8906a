/** What a cell is marked as: locked, frozen, parameters. */
import type { Cell } from '@jupyterlab/cells';
import { useTranslation } from 'react-i18next';
import { cellMarks, isMarked } from '../marks';
import styles from './CellMarks.module.css';

interface Props {
  cell: Cell;
  /** Whether to say what the marks mean: a locked cell takes no keys, and a frozen one does not run. */
  explained: boolean;
}

export function CellMarks({ cell, explained }: Props) {
  const { t } = useTranslation('notebooks');
  const marks = cellMarks.filter((mark) => isMarked(cell.model, mark));
  if (marks.length === 0) return null;
  return (
    <div className={styles.marks}>
      {marks.map((mark) => (
        <span key={mark}>{t(`mark.${mark}.name`)}</span>
      ))}
      {explained && <p>{marks.map((mark) => t(`mark.${mark}.hint`)).join(' ')}</p>}
    </div>
  );
}
