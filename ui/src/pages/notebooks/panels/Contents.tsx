/** The contents at the left: headings, and the way to them. */
import { Button } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { NotebookHost } from '../lab/notebookHost';
import { useSignals } from '../lab/signals';
import { outline } from '../outline';
import styles from './Contents.module.css';

export function Contents({ host, onClose }: { host: NotebookHost; onClose: () => void }) {
  const { t } = useTranslation('notebooks');
  const notebook = host.panel.content;
  useSignals(host.panel.context.model.contentChanged, notebook.activeCellChanged);
  const headings = outline(
    notebook.widgets.map(({ model }) => ({ type: model.type, source: model.sharedModel.getSource() })),
  );
  const current = headings.findLast(({ cell }) => cell <= notebook.activeCellIndex);
  const go = (cell: number) => {
    notebook.activeCellIndex = cell;
    notebook.deselectAll();
    void notebook.scrollToItem(cell, 'start');
  };
  return (
    <nav className={styles.contents} aria-label={t('view.contents')}>
      <div className={styles.head}>
        {t('view.contents')}
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={t('view.hideContents')}
          onClick={onClose}
        />
      </div>
      {headings.length === 0 && <p className={styles.none}>{t('contents.none')}</p>}
      {headings.map((heading, i) => (
        <button
          key={i}
          type="button"
          className={`${styles.entry} hl-line`}
          style={{ paddingLeft: 12 + (heading.level - 1) * 14 }}
          aria-current={heading === current || undefined}
          title={heading.text}
          onClick={() => go(heading.cell)}
        >
          {heading.text}
        </button>
      ))}
    </nav>
  );
}
