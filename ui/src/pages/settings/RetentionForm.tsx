/** The form of a new retention rule: after how many days, of which experiment, and which tags keep a run. */
import { Button, Field, Input, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useItems } from '../../api/items';
import { useMakeRetentionRule } from '../../api/retention';
import { ApiError, errorDetail } from '../../lib/errors';
import { FailureBar } from '../../parts/FailureBar';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { FieldForm } from '../../parts/form/Section';
import styles from './RetentionForm.module.css';

const ALL = '*';
const DAYS = '90';
const TAG = 'keep';

interface Props {
  workspace: string;
  /** Called with the id of the new rule, whose dry run comes next. */
  onMade: (rule: number) => void;
  onClose: () => void;
}

export function RetentionForm({ workspace, onMade, onClose }: Props) {
  const { t } = useTranslation(['settings', 'shell']);
  const experiments = useItems(workspace).data?.filter((item) => item.kind === 'experiment') ?? [];
  const make = useMakeRetentionRule();
  const [days, setDays] = useState(DAYS);
  const [experiment, setExperiment] = useState(ALL);
  const [tags, setTags] = useState(TAG);
  const refused = make.error instanceof ApiError ? make.error.field : null;
  const sound = /^[1-9]\d{0,4}$/.test(days.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!sound || make.isPending) return;
    make.mutate(
      { workspace, days: Number(days), experiment: experiment === ALL ? '' : experiment, keep_tags: tags.split(',') },
      { onSuccess: ({ rules }) => onMade(Math.max(...rules.map((rule) => rule.id))) },
    );
  };
  return (
    <FieldForm onSubmit={submit}>
      <Field
        label={t('settings:retention.days')}
        validationMessage={!sound ? t('settings:retention.daysWrong') : refused === 'days' ? errorDetail(make.error) : undefined}
      >
        <Input autoFocus inputMode="numeric" value={days} autoComplete="off" onChange={(_, { value }) => setDays(value)} />
      </Field>
      <Field label={t('settings:retention.experiment')}>
        <ChoiceBox
          value={experiment}
          groups={[
            {
              name: '',
              choices: [
                { id: ALL, name: t('settings:retention.everyExperiment') },
                ...experiments.map(({ id, name }) => ({ id, name })),
              ],
            },
          ]}
          onChoose={setExperiment}
        />
      </Field>
      <Field
        label={t('settings:retention.tags')}
        hint={t('settings:retention.tagsHint')}
        validationMessage={refused === 'keep_tags' ? errorDetail(make.error) : undefined}
      >
        <Input value={tags} autoComplete="off" onChange={(_, { value }) => setTags(value)} />
      </Field>
      {refused === null && <FailureBar error={make.error} />}
      <div className={styles.actions}>
        <Button type="submit" appearance="primary" disabled={!sound || make.isPending} icon={make.isPending ? <Spinner size="tiny" /> : undefined}>
          {t('settings:retention.next')}
        </Button>
        <Button onClick={onClose}>{t('shell:cancel')}</Button>
      </div>
    </FieldForm>
  );
}
