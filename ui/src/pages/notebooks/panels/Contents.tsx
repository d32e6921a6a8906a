/** The contents: headings and code cells, what runs and what failed, and the way to each. */
import { useArrowNavigationGroup } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { RunIcon } from '../cells/CellStatus';
import type { NotebookHost } from '../lab/notebookHost';
import { reach } from '../lab/reach';
import { useSignals } from '../lab/signals';
import { isMarked, outline } from '../outline';
import styles from './Contents.module.css';

export function Contents({ host }: { host: NotebookHost }) {
  const { t } = useTranslation('notebooks');
  const notebook = host.panel.content;
  useSignals(host.panel.context.model.contentChanged, notebook.activeCellChanged, host.runner.changed);
  const arrows = useArrowNavigationGroup({ axis: 'vertical' });
  const cells = notebook.widgets.filter((cell) => !cell.isDisposed && !cell.model.isDisposed);
  const entries = outline(cells.map(({ model }) => ({ type: model.type, source: model.sharedModel.getSource() })));
  const current = entries.findLast(({ cell }) => cell <= notebook.activeCellIndex);
  const go = (cell: number) => {
    notebook.activeCellIndex = cell;
    notebook.deselectAll();
    reach(notebook, cell, 'start');
  };
  return (
    <nav className={styles.contents} aria-label={t('view.contents')} {...arrows}>
      {entries.length === 0 && <p className={styles.none}>{t('contents.none')}</p>}
      {entries.map(({ cell, level, text, code }, i) => {
        const model = cells[cell]?.model;
        const run = code && model ? host.runner.read(model) : null;
        return (
          <button
            key={i}
            type="button"
            className={styles.entry}
            data-code={code || undefined}
            style={{ paddingLeft: 12 + (level - 1) * 14 }}
            aria-current={current === entries[i] || undefined}
            title={text}
            onClick={() => go(cell)}
          >
            <span className="hl-line">{text}</span>
            {run && isMarked(run.state) && (
              <span className={styles.mark} role="img" aria-label={t(`status.${run.state}`)} data-state={run.state}>
                <RunIcon run={run} />
              </span>
            )}
          </button>
        );
      })}
    </nav>
  );
}
