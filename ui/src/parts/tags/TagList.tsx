/** Tags as key and value: add, change in place, remove. Rules are told while typing. */
import { Button, Field, Input } from '@fluentui/react-components';
import { AddRegular, CheckmarkRegular, DeleteRegular, DismissRegular, EditRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { tagKeyProblem, tagValueProblem } from '../../lib/tags';
import styles from './TagList.module.css';

interface Props {
  tags: Record<string, string>;
  onPut: (key: string, value: string) => Promise<unknown>;
  onRemove: (key: string) => Promise<unknown>;
  /** Keys and values mean aliases and versions, say: words of their own. */
  readOnly?: boolean;
}

export function TagList({ tags, onPut, onRemove, readOnly = false }: Props) {
  const { t } = useTranslation('runs');
  const [editing, setEditing] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const keys = Object.keys(tags).sort();
  const remove = async (key: string) => {
    setError(null);
    await onRemove(key).catch(setError);
  };
  return (
    <div className={styles.list}>
      {keys.map((key) =>
        editing === key ? (
          <TagForm key={key} fixedKey={key} value={tags[key] ?? ''} taken={[]} onPut={onPut} onClose={() => setEditing(null)} />
        ) : (
          <div key={key} className={styles.row}>
            <span className={`${styles.key} hl-line`} title={key}>
              {key}
            </span>
            <span className={`${styles.value} hl-line`} title={tags[key]}>
              {tags[key]}
            </span>
            {!readOnly && (
              <span className={styles.actions}>
                <Button size="small" appearance="subtle" icon={<EditRegular />} aria-label={t('tags.edit', { key })} onClick={() => setEditing(key)} />
                <Button size="small" appearance="subtle" icon={<DeleteRegular />} aria-label={t('tags.remove', { key })} onClick={() => void remove(key)} />
              </span>
            )}
          </div>
        ),
      )}
      {keys.length === 0 && editing === null && <p className={styles.none}>{t('tags.none')}</p>}
      {error !== null && (
        <p role="alert" className={styles.error}>
          {errorDetail(error)}
        </p>
      )}
      {editing === '' ? (
        <TagForm value="" taken={keys} onPut={onPut} onClose={() => setEditing(null)} />
      ) : (
        !readOnly && (
          <Button size="small" appearance="subtle" icon={<AddRegular />} className={styles.add} onClick={() => setEditing('')}>
            {t('tags.add')}
          </Button>
        )
      )}
    </div>
  );
}

interface FormProps {
  fixedKey?: string;
  value: string;
  taken: string[];
  onPut: (key: string, value: string) => Promise<unknown>;
  onClose: () => void;
}

function TagForm({ fixedKey, value: initial, taken, onPut, onClose }: FormProps) {
  const { t } = useTranslation(['runs', 'shell']);
  const [key, setKey] = useState(fixedKey ?? '');
  const [value, setValue] = useState(initial);
  const [touched, setTouched] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const keyProblem = fixedKey === undefined ? tagKeyProblem(key, taken) : null;
  const valueProblem = tagValueProblem(value);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (keyProblem || valueProblem || busy) return;
    setBusy(true);
    try {
      await onPut(key.trim(), value);
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  const refusal = error !== null ? errorDetail(error) : undefined;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => void save(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <Field validationMessage={touched && keyProblem ? t(`tags.problem.${keyProblem}`) : undefined}>
        <Input
          size="small"
          autoFocus={fixedKey === undefined}
          disabled={fixedKey !== undefined}
          aria-label={t('tags.key')}
          placeholder={t('tags.key')}
          value={key}
          onChange={(_, data) => {
            setKey(data.value);
            setTouched(true);
          }}
        />
      </Field>
      <Field validationMessage={valueProblem ? t(`tags.problem.${valueProblem}`) : refusal}>
        <Input
          size="small"
          autoFocus={fixedKey !== undefined}
          aria-label={t('tags.value')}
          placeholder={t('tags.value')}
          value={value}
          onChange={(_, data) => setValue(data.value)}
        />
      </Field>
      <span className={styles.actions}>
        <Button type="submit" size="small" appearance="primary" disabled={busy} icon={<CheckmarkRegular />} aria-label={t('shell:save')} />
        <Button size="small" appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:cancel')} onClick={onClose} />
      </span>
    </form>
  );
}
