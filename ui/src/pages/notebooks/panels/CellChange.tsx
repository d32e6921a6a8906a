/** What changed in a cell, line by line, and the lines of any other text. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { folded, type CellDiff, type DiffLine } from '../history';
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

/** Lines with their signs; null stands for lines that are left out. */
export function ChangedLines({ lines }: { lines: readonly (DiffLine | null)[] }) {
  return (
    <pre className={styles.lines} tabIndex={0}>
      {lines.map((line, i) =>
        line ? (
          <span key={i} className={styles.line} data-kind={line.kind}>
            <span className={styles.sign}>{line.kind === 'added' ? '+' : line.kind === 'removed' ? '−' : ' '}</span>
            {line.text || ' '}
          </span>
        ) : (
          <span key={i} className={styles.fold}>
            …
          </span>
        ),
      )}
    </pre>
  );
}
