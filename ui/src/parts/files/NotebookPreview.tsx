/** A Jupyter notebook as it was saved: text, code, and the outputs that are text or pictures. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { readNotebook, type NotebookOutput } from '../../lib/notebookText';
import { LongText } from '../LongText';
import { Markdown } from '../Markdown';
import styles from './NotebookPreview.module.css';

export function NotebookPreview({ text }: { text: string }) {
  const { t } = useTranslation('runs');
  const cells = useMemo(() => readNotebook(text), [text]);
  if (!cells) {
    return (
      <>
        <p className={styles.note}>{t('files.notNotebook')}</p>
        <pre className={styles.code}>
          <LongText text={text} />
        </pre>
      </>
    );
  }
  return (
    <ol className={styles.cells}>
      {cells.map((cell, at) => (
        <li key={at} className={styles.cell} aria-label={t('files.cell', { number: at + 1 })}>
          {cell.kind === 'markdown' ? (
            <Markdown text={cell.source} />
          ) : (
            <div className={styles.input}>
              <span className={styles.count} aria-hidden>
                {cell.kind === 'code' ? `[${cell.count ?? ' '}]` : ''}
              </span>
              <pre className={styles.code}>
                <LongText text={cell.source} />
              </pre>
            </div>
          )}
          {cell.outputs.map((output, place) => (
            <Output key={place} output={output} label={t('files.outputOf', { number: at + 1 })} />
          ))}
        </li>
      ))}
    </ol>
  );
}

function Output({ output, label }: { output: NotebookOutput; label: string }) {
  if (output.kind === 'image') return <img className={styles.image} src={output.text} alt={label} />;
  if (output.kind === 'markdown') return <div className={styles.output}><Markdown text={output.text} /></div>;
  return (
    <pre className={`${styles.output} ${output.kind === 'error' ? styles.error : ''}`}>
      <LongText text={output.text} />
    </pre>
  );
}
