/** Names and values of a notebook's parameters, as they are typed. */
import { Button, Field, Input } from '@fluentui/react-components';
import { AddRegular, DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { TypedParameter } from './draft';
import styles from './ParameterFields.module.css';

interface Props {
  parameters: readonly TypedParameter[];
  onChange: (parameters: TypedParameter[]) => void;
}

export function ParameterFields({ parameters, onChange }: Props) {
  const { t } = useTranslation('schedules');
  const set = (at: number, changes: Partial<TypedParameter>) =>
    onChange(parameters.map((one, index) => (index === at ? { ...one, ...changes } : one)));
  return (
    <Field label={t('form.parameters')} hint={t('form.parametersHint')}>
      <div className={styles.parameters}>
        {parameters.map(({ name, value }, at) => (
          <div key={at} className={styles.parameter}>
            <Input
              value={name}
              placeholder={t('form.name')}
              aria-label={t('form.name')}
              spellCheck={false}
              onChange={(_, data) => set(at, { name: data.value })}
            />
            <Input
              value={value}
              placeholder={t('form.value')}
              aria-label={t('form.value')}
              spellCheck={false}
              onChange={(_, data) => set(at, { value: data.value })}
            />
            <Button
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={t('form.removeParameter', { name })}
              onClick={() => onChange(parameters.filter((_, index) => index !== at))}
            />
          </div>
        ))}
        <Button
          size="small"
          icon={<AddRegular />}
          onClick={() => onChange([...parameters, { name: '', value: '' }])}
        >
          {t('form.addParameter')}
        </Button>
      </div>
    </Field>
  );
}
