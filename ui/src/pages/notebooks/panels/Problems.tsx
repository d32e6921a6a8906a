/** The problems in the code, found without running it, and the way to each. */
import { Spinner, useArrowNavigationGroup } from '@fluentui/react-components';
import { ErrorCircleRegular, WarningRegular } from '@fluentui/react-icons';
import { NotebookActions } from '@jupyterlab/notebook';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../../api/schema';
import type { NotebookHost } from '../lab/notebookHost';
import { reach } from '../lab/reach';
import { useSignals } from '../lab/signals';
import { problemText } from '../problems';
import styles from './Problems.module.css';

function show({ panel }: NotebookHost, cell: number, { line, column }: Problem): void {
  const notebook = panel.content;
  notebook.activeCellIndex = cell;
  notebook.deselectAll();
  reach(notebook, cell);
  notebook.mode = 'edit';
  void NotebookActions.focusActiveCell(notebook, { waitUntilReady: true, preventScroll: false }).then(() => {
    const editor = notebook.activeCell?.editor;
    editor?.focus();
    editor?.setCursorPosition({ line, column });
  });
}

export function Problems({ host }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  const { analysis, panel } = host;
  useSignals(analysis.changed, panel.context.model.cells.changed);
  useEffect(() => analysis.check(), [analysis]);
  const arrows = useArrowNavigationGroup({ axis: 'vertical' });
  const entries = panel.content.widgets.flatMap((cell, index) =>
    cell.isDisposed ? [] : analysis.of(cell.model.id).map((problem) => ({ index, problem })),
  );
  return (
    <nav className={styles.problems} aria-label={t('view.problems')} {...arrows}>
      {(analysis.state === 'checking' || analysis.state === 'idle') && <Spinner size="tiny" label={t('problems.checking')} />}
      {analysis.state === 'failed' && <p className={styles.note}>{analysis.failure}</p>}
      {analysis.state === 'checked' && entries.length === 0 && <p className={styles.note}>{t('problems.none')}</p>}
      {entries.map(({ index, problem }, i) => (
        <button key={i} type="button" className={styles.problem} onClick={() => show(host, index, problem)}>
          <span className={styles.mark} data-severity={problem.severity}>
            {problem.severity === 'error' ? <ErrorCircleRegular /> : <WarningRegular />}
          </span>
          <span>
            {problemText(problem)}
            <span className={styles.where}>{t('problems.where', { n: index + 1, line: problem.line + 1 })}</span>
          </span>
        </button>
      ))}
      {analysis.state === 'checked' && <p className={styles.note}>{t('problems.how')}</p>}
    </nav>
  );
}
