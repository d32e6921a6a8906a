/** Fields of a name and description, validated while typing; the server's errors are shown at their field. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, errorDetail } from '../lib/errors';
import { checkDescription, checkName } from '../lib/names';
import { MarkdownBox } from './tags/MarkdownBox';

export interface Named {
  name: string;
  description: string;
}

export interface NameRules {
  /** The name becomes a file's: path characters are refused while typing. */
  file?: boolean;
  taken?: readonly string[];
}

interface Props extends NameRules {
  value: Named;
  onChange: (value: Named) => void;
  /** What the server said to the last try. */
  error: unknown;
  /** Tell an empty name too: after a try to submit. */
  tried: boolean;
  withDescription?: boolean;
  autoFocus?: boolean;
  label?: string;
}

/** Whether the name and description may be sent at all. */
export function isSound(value: Named, rules: NameRules): boolean {
  return checkName(value.name, rules) === null && checkDescription(value.description) === null;
}

/** As the server keeps them. */
export function cleaned({ name, description }: Named): Named {
  return { name: name.normalize('NFC').trim(), description: description.trim() };
}

/** Whether a refusal belongs at one of the fields; others are told below the form. */
export function belongsAtField(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.code === 'already_exists' || error.field === 'name' || error.field === 'description';
}

export function NameFields({ value, onChange, error, tried, withDescription = true, autoFocus, label, ...rules }: Props) {
  const { t } = useTranslation('shell');
  const [typed, setTyped] = useState(false);
  const refused = belongsAtField(error) ? error : null;

  const nameText = () => {
    const problem = checkName(value.name, rules);
    if (problem) return tried || typed ? t(`names.${problem.key}`, problem.values) : undefined;
    if (!refused || refused.field === 'description') return undefined;
    return refused.code === 'already_exists' ? t('names.taken', { name: value.name.trim() }) : errorDetail(refused);
  };
  const descriptionText = () => {
    const problem = checkDescription(value.description);
    if (problem) return t(`names.${problem.key}`, problem.values);
    return refused?.field === 'description' ? errorDetail(refused) : undefined;
  };

  return (
    <>
      <Field label={label ?? t('name')} required validationMessage={nameText()}>
        <Input
          autoFocus={autoFocus}
          value={value.name}
          autoComplete="off"
          onFocus={(event) => event.target.select()}
          onChange={(_, data) => {
            setTyped(true);
            onChange({ ...value, name: data.value });
          }}
        />
      </Field>
      {withDescription && (
        <MarkdownBox labelled autoFocus={false} rows={3} label={t('description')} value={value.description} problem={descriptionText()} onChange={(description) => onChange({ ...value, description })} />
      )}
    </>
  );
}
