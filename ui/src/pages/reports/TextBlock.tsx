/** Prose of a report; in an editor with preview while it is written. */
import { Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ReportText } from '../../api/schema';
import { Markdown } from '../../parts/Markdown';
import { MarkdownBox } from '../../parts/tags/MarkdownBox';
import { MAX_TEXT } from './blocks';
import styles from './TextBlock.module.css';

export function TextBlock({ block }: { block: ReportText }) {
  const { t } = useTranslation('reports');
  return block.text.trim() ? <Markdown text={block.text} level={2} /> : <p className={styles.faint}>{t('text.empty')}</p>;
}

interface Props {
  block: ReportText;
  onChange: (block: ReportText) => void;
  onDone: () => void;
}

export function TextEditor({ block, onChange, onDone }: Props) {
  const { t } = useTranslation('reports');
  const long = block.text.length > MAX_TEXT;
  return (
    <div className={styles.editor}>
      <MarkdownBox
        label={t('text.label')}
        value={block.text}
        rows={8}
        level={2}
        problem={long ? t('text.tooLong', { max: MAX_TEXT }) : undefined}
        onChange={(text) => onChange({ ...block, text })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) onDone();
        }}
      />
      <div>
        <Button size="small" onClick={onDone}>
          {t('done')}
        </Button>
      </div>
    </div>
  );
}
