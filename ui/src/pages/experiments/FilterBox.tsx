/** Input of a filter in MLflow's grammar: suggests keys and values, Enter applies it, the server's error is shown below. */
import { Button, Field, Input } from '@fluentui/react-components';
import { DismissRegular, FilterRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldText, filterHints, filterValueAt, valueHints, type FilterHint, type FilterKeys } from '../../lib/filterText';
import { mainMetric } from '../../lib/metricOrder';
import styles from './FilterBox.module.css';

interface Props {
  filter: string;
  keys: FilterKeys;
  problem: string | undefined;
  onFilter: (filter: string) => void;
  /** The text as it is typed, for a form that is sent without Enter. */
  onTyped?: (text: string) => void;
  /** Values of the field under the caret, and what tells which field that is. */
  values?: string[];
  onValueField?: (field: string | null) => void;
}

/** A filter that this experiment's runs could answer. */
export function exampleOf(keys: FilterKeys): string {
  const metric = mainMetric(keys.metrics);
  if (metric) return `${fieldText('metrics', metric)} > 0.5`;
  return keys.params[0] ? `${fieldText('params', keys.params[0])} = '1'` : "attributes.status = 'FINISHED'";
}

export function FilterBox({ filter, keys, problem, onFilter, onTyped, values, onValueField }: Props) {
  const { t } = useTranslation('experiments');
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter);
  const [applied, setApplied] = useState(filter);
  if (applied !== filter) {
    setApplied(filter);
    setText(filter);
  }
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(-1);
  const typed = caret === null ? null : filterValueAt(text, caret);
  const hints = caret === null ? [] : typed ? valueHints(text, caret, values ?? []) : filterHints(text, caret, keys);
  useEffect(() => onTyped?.(text), [text, onTyped]);
  const field = typed?.field ?? null;
  useEffect(() => onValueField?.(field), [onValueField, field]);

  const look = () => {
    setCaret(input.current?.selectionStart ?? null);
    setAt(-1);
  };
  const take = (hint: FilterHint) => {
    setText(hint.whole);
    setAt(-1);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(hint.caret, hint.caret);
      setCaret(hint.caret);
    });
  };
  const press = (event: KeyboardEvent) => {
    const hint = hints[at];
    if (event.key === 'ArrowDown' && hints.length) setAt((at + 1) % hints.length);
    else if (event.key === 'ArrowUp' && hints.length) setAt((at + hints.length) % (hints.length + 1) - 1);
    else if ((event.key === 'Tab' || event.key === 'Enter') && hint) take(hint);
    else if (event.key === 'Enter') {
      setCaret(null);
      onFilter(text.trim());
    } else if (event.key === 'Escape') setCaret(null);
    else return;
    if (event.key !== 'Escape') event.preventDefault();
  };
  return (
    <div className={styles.filter}>
      <Field validationMessage={problem} validationState={problem ? 'error' : 'none'}>
        <Input
          ref={input}
          role="combobox"
          aria-label={t('filter.label')}
          aria-expanded={hints.length > 0}
          aria-controls="filter-hints"
          aria-activedescendant={at >= 0 ? `filter-hint-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={t('filter.example', { example: exampleOf(keys) })}
          contentBefore={<FilterRegular aria-hidden />}
          contentAfter={
            text ? (
              <Button
                size="small"
                appearance="transparent"
                icon={<DismissRegular />}
                aria-label={t('filter.clear')}
                onClick={() => {
                  setText('');
                  onFilter('');
                }}
              />
            ) : undefined
          }
          value={text}
          onChange={(event, data) => {
            setText(data.value);
            setCaret(event.target.selectionStart);
            setAt(-1);
          }}
          onClick={look}
          onFocus={look}
          onKeyDown={press}
          onBlur={() => setCaret(null)}
        />
      </Field>
      {hints.length > 0 && (
        <ul id="filter-hints" role="listbox" aria-label={t('filter.hints')} className={styles.hints}>
          {hints.map((hint, index) => (
            <li
              key={hint.text}
              id={`filter-hint-${index}`}
              role="option"
              aria-selected={index === at}
              className={`${styles.hint} hl-line`}
              onMouseDown={(event) => {
                event.preventDefault();
                take(hint);
              }}
            >
              {hint.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
