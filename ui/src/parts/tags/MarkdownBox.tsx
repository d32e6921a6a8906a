/** A box for Markdown with a preview of it. */
import { Field, Textarea } from '@fluentui/react-components';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { isMoreThanLine } from '../../lib/markdownLine';
import { Markdown } from '../Markdown';
import styles from './MarkdownBox.module.css';

interface Props {
  value: string;
  /** Names the box for screen readers. */
  label: string;
  onChange: (text: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** What is wrong with the text. */
  problem: string | undefined;
  /** Whether the label is seen, not only read aloud. */
  labelled?: boolean;
  autoFocus?: boolean;
  rows?: number;
  /** Level of the largest heading. */
  level?: 2 | 4;
}

export function MarkdownBox({ value, label, onChange, onKeyDown, problem, labelled = false, autoFocus = true, rows = 4, level = 4 }: Props) {
  const { t } = useTranslation('runs');
  return (
    <>
      <Field label={labelled ? label : undefined} validationMessage={problem}>
        <Textarea autoFocus={autoFocus} rows={rows} resize="vertical" aria-label={labelled ? undefined : label} value={value} onChange={(_, data) => onChange(data.value)} onKeyDown={onKeyDown} />
      </Field>
      {isMoreThanLine(value) && (
        <div className={styles.preview} aria-label={t('preview')} role="region" tabIndex={0}>
          <Markdown text={value} level={level} />
        </div>
      )}
    </>
  );
}
