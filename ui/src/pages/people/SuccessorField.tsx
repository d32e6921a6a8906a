/** Who takes over: one of the people who can sign in. */
import { Field } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Person } from '../../api/schema';
import { ChoiceBox } from '../../parts/form/ChoiceBox';

interface Props {
  people: Person[];
  leaving: string;
  value: string;
  onChoose: (id: string) => void;
}

export function SuccessorField({ people, leaving, value, onChoose }: Props) {
  const { t } = useTranslation('people');
  const choices = people
    .filter((person) => person.id !== leaving && person.disabled_at === null && !person.service)
    .map((person) => ({ id: person.id, name: person.display_name }));
  return (
    <Field label={t('successor')}>
      <ChoiceBox aria-label={t('successor')} value={value} groups={[{ name: '', choices }]} onChoose={onChoose} />
    </Field>
  );
}
