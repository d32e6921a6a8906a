/** What a cell is marked as: locked, frozen, parameters. */
import type { Cell } from '@jupyterlab/cells';
import { useTranslation } from 'react-i18next';
import { cellMarks, isMarked } from '../marks';
import styles from './CellMarks.module.css';

export function CellMarks({ cell }: { cell: Cell }) {
  const { t } = useTranslation('notebooks');
  const marks = cellMarks.filter((mark) => isMarked(cell.model, mark));
  if (marks.length === 0) return null;
  return (
    <div className={styles.marks}>
      {marks.map((mark) => (
        <span key={mark} title={t(`mark.${mark}.hint`)}>
          {t(`mark.${mark}.name`)}
        </span>
      ))}
    </div>
  );
}
