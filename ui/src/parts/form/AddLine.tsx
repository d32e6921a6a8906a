/** A form in one line: a field to choose what to add, further fields, the button, and an error below. */
import { Button, Field, Spinner } from '@fluentui/react-components';
import type { FormEvent, ReactElement, ReactNode } from 'react';
import { FailureBar } from '../FailureBar';
import styles from './AddLine.module.css';
import { ChoiceBox, type ChoiceGroup } from './ChoiceBox';

interface Props {
  label: string;
  groups: ChoiceGroup[];
  /** Id of what is chosen, "" without a choice. */
  value: string;
  onChoose: (id: string) => void;
  button: string;
  icon: ReactElement;
  busy: boolean;
  error: unknown;
  onAdd: () => void;
  /** Further fields, between what is chosen and the button. */
  children?: ReactNode;
}

export function AddLine({ label, groups, value, onChoose, button, icon, busy, error, onAdd, children }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value && !busy) onAdd();
  };
  return (
    <form className={styles.add} onSubmit={submit} noValidate>
      <Field label={label} className={styles.choice}>
        <ChoiceBox aria-label={label} value={value} groups={groups} onChoose={onChoose} />
      </Field>
      {children}
      <Button type="submit" appearance="primary" disabled={!value || busy} icon={busy ? <Spinner size="tiny" /> : icon}>
        {button}
      </Button>
      <div className={styles.failure}>
        <FailureBar error={error} />
      </div>
    </form>
  );
}
