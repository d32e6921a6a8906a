/** Name and lifetime of a new API token. */
import { Button, Dropdown, Field, Input, Option } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewToken } from '../../api/schema';
import { useCreateToken } from '../../api/tokens';
import { errorDetail, errorTitle } from '../../lib/errors';
import { checkName } from '../../lib/names';
import styles from './TokenForm.module.css';

const LIFETIMES = [30, 90, 365, 0];

export function TokenForm({ onMade }: { onMade: (made: NewToken) => void }) {
  const { t } = useTranslation(['settings', 'shell']);
  const create = useCreateToken();
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
      <div className={styles.tokenSubmit}>
        <Button type="submit" appearance="primary" disabled={create.isPending}>
          {t('tokens.create')}
        </Button>
      </div>
    </form>
  );
}
