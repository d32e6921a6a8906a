/** Name and lifetime of a new API token, of a person or a service account. */
import { Button, Dropdown, Field, Input, Option } from '@fluentui/react-components';
import type { UseMutationResult } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreateToken, NewToken } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { checkName } from '../../lib/names';
import styles from './TokenForm.module.css';

const LIFETIMES = [30, 90, 365, 0];

interface Props {
  create: UseMutationResult<NewToken, Error, CreateToken>;
  onMade: (made: NewToken) => void;
  /** Further fields, before the button. */
  children?: ReactNode;
}

export function TokenForm({ create, onMade, children }: Props) {
  const { t } = useTranslation(['settings', 'shell']);
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const [days, setDays] = useState(90);
  const problem = checkName(name);
  const lifetime = (value: number) => (value ? t('tokens.days', { count: value }) : t('tokens.forever'));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem || create.isPending) return;
    create.mutate({ name: name.trim(), expires_in_days: days || null }, { onSuccess: onMade });
  };
  const refusal = create.error ? `${errorTitle(create.error)} ${errorDetail(create.error)}` : undefined;

  return (
    <form className={styles.tokenForm} onSubmit={submit} noValidate>
      <Field
        label={t('tokens.name')}
        required
        validationMessage={problem && tried ? t(`shell:names.${problem.key}`, problem.values) : refusal}
      >
        <Input
          value={name}
          placeholder={t('tokens.placeholder')}
          onChange={(_, data) => {
            setName(data.value);
            create.reset();
          }}
        />
      </Field>
      <Field label={t('tokens.lifetime')}>
        <Dropdown
          value={lifetime(days)}
          selectedOptions={[String(days)]}
          style={{ minWidth: 140 }}
          onOptionSelect={(_, data) => setDays(Number(data.optionValue))}
        >
          {LIFETIMES.map((value) => (
            <Option key={value} value={String(value)} text={lifetime(value)}>
              {lifetime(value)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      {children}
      <div className={styles.tokenSubmit}>
        <Button type="submit" appearance="primary" disabled={create.isPending}>
          {t('tokens.create')}
        </Button>
      </div>
    </form>
  );
}
