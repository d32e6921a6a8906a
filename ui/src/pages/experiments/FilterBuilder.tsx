/** "+ Filter": build a clause from choices and add it to the filter. */
import { Button, Dropdown, Field, Input, Option, Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import {
  clauseProblem,
  filterAttributes,
  joinFilter,
  operatorsOf,
  runStatuses,
  type FilterClause,
  type FilterKeys,
  type FilterKind,
} from '../../lib/filterText';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import styles from './FilterBuilder.module.css';

interface Props {
  filter: string;
  keys: FilterKeys;
  onFilter: (filter: string) => void;
}

export function FilterBuilder({ filter, keys, onFilter }: Props) {
  const { t } = useTranslation('experiments');
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={(_, data) => setOpen(data.open)} trapFocus positioning="below-start">
      <PopoverTrigger disableButtonEnhancement>
        <Button icon={<AddRegular />}>{t('filter.add')}</Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={t('filter.add')}>
        {open && (
          <ClauseForm
            keys={keys}
            onAdd={(clause) => {
              onFilter(joinFilter(filter, clause));
              setOpen(false);
            }}
          />
        )}
      </PopoverSurface>
    </Popover>
  );
}

function readKind(value: string | undefined): FilterKind {
  return value === 'params' || value === 'tags' || value === 'attributes' ? value : 'metrics';
}

function ClauseForm({ keys, onAdd }: { keys: FilterKeys; onAdd: (clause: FilterClause) => void }) {
  const { t } = useTranslation('experiments');
  const start: FilterKind = keys.metrics.length ? 'metrics' : 'attributes';
  const [clause, setClause] = useState<FilterClause>({ kind: start, key: '', operator: start === 'metrics' ? '>' : '=', value: '' });
  const [tried, setTried] = useState(false);
  const choices = clause.kind === 'attributes' ? [...filterAttributes] : keys[clause.kind];
  const problem = clauseProblem(clause);
  const set = (change: Partial<FilterClause>) => {
    const next = { ...clause, ...change };
    const operators = operatorsOf(next.kind, next.key);
    setClause({ ...next, operator: operators.includes(next.operator) ? next.operator : (operators[0] ?? '=') });
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) onAdd(clause);
  };
  const told = (field: string) => (tried && problem === field ? t(`filter.problem.${field}`) : undefined);
  const status = clause.kind === 'attributes' && clause.key === 'status';
  return (
    <form className={styles.form} onSubmit={add}>
      <Field label={t('filter.kind')}>
        <Dropdown
          value={t(`filter.kinds.${clause.kind}`)}
          selectedOptions={[clause.kind]}
          onOptionSelect={(_, data) => set({ kind: readKind(data.optionValue), key: '', value: '' })}
        >
          {(['metrics', 'params', 'tags', 'attributes'] as const).map((kind) => (
            <Option key={kind} value={kind}>
              {t(`filter.kinds.${kind}`)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Field label={t('filter.key')} validationMessage={told('key')}>
        <ChoiceBox value={clause.key} groups={[{ name: '', choices: choices.map((id) => ({ id, name: id })) }]} onChoose={(key) => set({ key })} />
      </Field>
      <Field label={t('filter.operator')}>
        <Dropdown
          value={clause.operator}
          selectedOptions={[clause.operator]}
          onOptionSelect={(_, data) => set({ operator: data.optionValue ?? '=' })}
        >
          {operatorsOf(clause.kind, clause.key).map((operator) => (
            <Option key={operator}>{operator}</Option>
          ))}
        </Dropdown>
      </Field>
      <Field label={t('filter.value')} validationMessage={told('number') ?? told('value')}>
        {status ? (
          <ChoiceBox
            value={clause.value}
            groups={[{ name: '', choices: runStatuses.map((id) => ({ id, name: id })) }]}
            onChoose={(value) => set({ value })}
          />
        ) : (
          <Input value={clause.value} onChange={(_, data) => set({ value: data.value })} />
        )}
      </Field>
      <div className={styles.end}>
        <Button type="submit" appearance="primary">
          {t('filter.apply')}
        </Button>
      </div>
    </form>
  );
}
