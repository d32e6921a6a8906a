/** The field in which a comment is written: "@" suggests people, Ctrl+Enter sends. */
import { Button, Field, Textarea } from '@fluentui/react-components';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mentionable } from '../../api/schema';
import { FailureBar } from '../../parts/FailureBar';
import styles from './CommentBox.module.css';
import { suggested, typedMention } from './mentions';

interface Props {
  label: string;
  submitLabel: string;
  initial?: string;
  people: Mentionable[];
  error: unknown;
  onSubmit: (text: string) => Promise<unknown>;
  onCancel?: () => void;
}

export function CommentBox({ label, submitLabel, initial = '', people, error, onSubmit, onCancel }: Props) {
  const { t } = useTranslation(['comments', 'shell']);
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const [text, setText] = useState(initial);
  const [cursor, setCursor] = useState(initial.length);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const typed = typedMention(text, cursor);
  const offered = typed === null ? [] : suggested(people, typed).filter((one) => one.name !== typed);

  const send = async () => {
    if (!text.trim() || busy) return;
    setBusy(true);
    try {
      await onSubmit(text);
      setText('');
    } catch {
      // `error` says why
    }
    setBusy(false);
  };
  const choose = (person: Mentionable) => {
    const start = cursor - (typed?.length ?? 0);
    const next = `${text.slice(0, start)}${person.name} ${text.slice(cursor)}`;
    setText(next);
    setCursor(start + person.name.length + 1);
    setAt(0);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const person = offered[at];
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    } else if (person && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      choose(person);
    } else if (offered.length && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      setAt((at + (event.key === 'ArrowDown' ? 1 : offered.length - 1)) % offered.length);
    } else if (event.key === 'Escape' && offered.length) {
      event.stopPropagation();
      setCursor(-1);
    }
  };
  return (
    <div className={styles.box}>
      <Field label={label}>
        <Textarea
          ref={field}
          resize="vertical"
          value={text}
          placeholder={t('comments:placeholder')}
          aria-controls={offered.length ? list : undefined}
          onKeyDown={onKeyDown}
          onChange={(event, { value }) => {
            setText(value);
            setCursor(event.target.selectionStart);
            setAt(0);
          }}
        />
      </Field>
      {offered.length > 0 && (
        <ul id={list} className={styles.people} role="listbox" aria-label={t('comments:people')}>
          {offered.map((person, index) => (
            <li
              key={person.user}
              role="option"
              aria-selected={index === at}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(person);
              }}
            >
              {person.display_name} <span>@{person.name}</span>
            </li>
          ))}
        </ul>
      )}
      <FailureBar error={error} />
      <div className={styles.actions}>
        <Button size="small" appearance="primary" disabled={!text.trim() || busy} onClick={() => void send()}>
          {submitLabel}
        </Button>
        {onCancel && (
          <Button size="small" onClick={onCancel}>
            {t('shell:cancel')}
          </Button>
        )}
      </div>
    </div>
  );
}
