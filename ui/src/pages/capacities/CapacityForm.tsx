/** The limits of one capacity: make it, change it, remove it. An empty number means no limit. */
import { Button, Field, Input, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useRemoveCapacity, useSaveCapacity } from '../../api/capacities';
import type { ListedCapacity } from '../../api/schema';
import { ApiError, errorDetail } from '../../lib/errors';
import { checkName } from '../../lib/names';
import { useNotices } from '../../lib/notices';
import { useCapacityName } from '../../parts/CapacityField';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FailureBar } from '../../parts/FailureBar';
import styles from './CapacityForm.module.css';

const NUMBERS = ['memory_mb', 'cores', 'processes', 'idle_minutes', 'sessions', 'sessions_per_person'] as const;
type Limit = (typeof NUMBERS)[number];
type Texts = Record<Limit | 'name' | 'gpus', string>;

const isWhole = (text: string) => /^\d{0,9}$/.test(text.trim());

function textsOf(capacity: ListedCapacity | undefined): Texts {
  const text = (limit: Limit) => (capacity?.[limit] ? String(capacity[limit]) : '');
  return {
    name: capacity?.name ?? '',
    gpus: capacity?.gpus ?? 'all',
    memory_mb: text('memory_mb'),
    cores: text('cores'),
    processes: text('processes'),
    idle_minutes: text('idle_minutes'),
    sessions: text('sessions'),
    sessions_per_person: text('sessions_per_person'),
  };
}

interface Props {
  /** Undefined for a new one. */
  capacity: ListedCapacity | undefined;
  onDone: () => void;
}

export function CapacityForm({ capacity, onDone }: Props) {
  const { t } = useTranslation(['capacities', 'shell']);
  const { notify } = useNotices();
  const save = useSaveCapacity();
  const [texts, setTexts] = useState(() => textsOf(capacity));
  const [tried, setTried] = useState(false);
  const fixed = capacity?.source === 'file';
  const problem = checkName(texts.name);
  const refused = save.error instanceof ApiError ? save.error.field : null;

  const set = (field: keyof Texts, value: string) => {
    setTexts((old) => ({ ...old, [field]: value }));
    save.reset();
  };
  const wrong = (field: keyof Texts): string | undefined => {
    if (field === 'name' && problem && tried) return t(`shell:names.${problem.key}`, problem.values);
    if (field === 'name' && refused === 'name') return t('shell:names.taken', { name: texts.name.trim() });
    if (field !== 'name' && field !== 'gpus' && !isWhole(texts[field])) return t('capacities:field.number');
    return refused === field ? errorDetail(save.error) : undefined;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem || NUMBERS.some((field) => !isWhole(texts[field])) || save.isPending) return;
    const number = (field: Limit) => Number(texts[field].trim() || 0);
    save.mutate(
      {
        id: capacity?.id,
        name: texts.name.trim(),
        gpus: texts.gpus.trim().replaceAll(' ', ''),
        memory_mb: number('memory_mb'),
        cores: number('cores'),
        processes: number('processes'),
        idle_minutes: number('idle_minutes'),
        sessions: number('sessions'),
        sessions_per_person: number('sessions_per_person'),
      },
      {
        onSuccess: () => {
          notify({ intent: 'success', title: t('capacities:saved') });
          onDone();
        },
      },
    );
  };
  const numberField = (field: Limit, hint?: string) => (
    <Field label={t(`capacities:field.${field}`)} hint={hint} validationMessage={wrong(field)}>
      <Input
        inputMode="numeric"
        value={texts[field]}
        placeholder={t('capacities:none')}
        autoComplete="off"
        onChange={(_, { value }) => set(field, value)}
      />
    </Field>
  );
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {fixed && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>{t('capacities:fromFileText')}</MessageBarBody>
        </MessageBar>
      )}
      <fieldset disabled={fixed} className={styles.fields}>
        <Field label={t('capacities:field.name')} required validationMessage={wrong('name')}>
          <Input autoFocus value={texts.name} autoComplete="off" onChange={(_, { value }) => set('name', value)} />
        </Field>
        {numberField('memory_mb', t('capacities:field.memory_mbHint'))}
        <div className={styles.pair}>
          {numberField('cores')}
          {numberField('processes')}
        </div>
        <Field label={t('capacities:field.gpus')} hint={t('capacities:field.gpusHint')} validationMessage={wrong('gpus')}>
          <Input value={texts.gpus} autoComplete="off" onChange={(_, { value }) => set('gpus', value)} />
        </Field>
        {numberField('idle_minutes', t('capacities:field.idle_minutesHint'))}
        <div className={styles.pair}>
          {numberField('sessions')}
          {numberField('sessions_per_person')}
        </div>
      </fieldset>
      {!refused && <FailureBar error={save.error} />}
      {!fixed && (
        <div className={styles.actions}>
          <Button
            type="submit"
            appearance="primary"
            disabled={save.isPending}
            icon={save.isPending ? <Spinner size="tiny" /> : undefined}
          >
            {t('capacities:save')}
          </Button>
          {capacity?.source === 'page' && <RemoveButton capacity={capacity} onDone={onDone} />}
        </div>
      )}
      {capacity && !fixed && <p className={styles.keeps}>{t('capacities:keeps')}</p>}
    </form>
  );
}

function RemoveButton({ capacity, onDone }: { capacity: ListedCapacity; onDone: () => void }) {
  const { t } = useTranslation('capacities');
  const remove = useRemoveCapacity();
  const name = useCapacityName()(capacity);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t('remove')}</Button>
      <ConfirmDialog
        open={asking}
        title={t('removeTitle', { name })}
        confirmLabel={t('remove')}
        danger
        onConfirm={async () => {
          await remove.mutateAsync(capacity.id);
          onDone();
        }}
        onClose={() => setAsking(false)}
      >
        {t('removeText')}
      </ConfirmDialog>
    </>
  );
}
