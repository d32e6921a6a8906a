/** A Markdown description; a click opens an editor with preview. Ctrl+Enter saves, Escape cancels. */
import { Button } from '@fluentui/react-components';
import { EditRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { MAX_DESCRIPTION } from '../../lib/names';
import { Markdown } from '../Markdown';
import styles from './EditableText.module.css';
import { MarkdownBox } from './MarkdownBox';

interface Props {
  text: string;
  /** "Description": names the box for screen readers. */
  label: string;
  placeholder: string;
  onSave: (text: string) => Promise<unknown>;
  readOnly?: boolean;
}

export function EditableText({ text, label, placeholder, onSave, readOnly = false }: Props) {
  const { t } = useTranslation(['runs', 'shell']);
  const [draft, setDraft] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (draft === null) {
    return (
      <div className={styles.shown}>
        {text ? <div className={styles.text}><Markdown text={text} /></div> : <p className={styles.empty}>{placeholder}</p>}
        {!readOnly && (
          <Button size="small" appearance="subtle" icon={<EditRegular />} aria-label={t('edit', { what: label })} onClick={() => setDraft(text)} />
        )}
      </div>
    );
  }
  const close = () => {
    setDraft(null);
    setError(null);
  };
  const tooLong = Array.from(draft).length > MAX_DESCRIPTION;
  const save = async () => {
    if (tooLong) return;
    setBusy(true);
    try {
      await onSave(draft.trim());
      close();
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  };
  const message = tooLong ? t('tooLong', { max: MAX_DESCRIPTION }) : error !== null ? errorDetail(error) : undefined;
  return (
    <div className={styles.form}>
      <MarkdownBox
        label={label}
        value={draft}
        problem={message}
        onChange={setDraft}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save();
        }}
      />
      <div className={styles.actions}>
        <Button size="small" appearance="primary" disabled={busy || tooLong} onClick={() => void save()}>
          {t('shell:save')}
        </Button>
        <Button size="small" disabled={busy} onClick={close}>
          {t('shell:cancel')}
        </Button>
      </div>
    </div>
  );
}
