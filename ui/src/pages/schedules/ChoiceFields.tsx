/** The fields of a schedule for what its runs use instead of what their notebook has chosen. */
import { Dropdown, Field, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { CHOICES, useChoices, type Choice, type Chosen } from './useChoices';

interface Props {
  /** The look of the row that holds the fields, which the form gives to all of its rows. */
  className?: string;
  workspace: string;
  chosen: Chosen;
  onChange: (changes: Partial<Chosen>) => void;
}

/** Where nothing can be chosen, there is no field: a workspace may have no environment, and a server one capacity. */
export function ChoiceFields({ className, workspace, chosen, onChange }: Props) {
  const { t } = useTranslation('schedules');
  const known = useChoices(workspace);
  const shown = CHOICES.filter((choice) => (known[choice]?.length ?? 0) > 1 || chosen[choice]);
  if (!shown.length) return null;
  const choicesOf = (choice: Choice) => {
    const found = known[choice] ?? [];
    const own = chosen[choice];
    const gone = own && !found.some(({ id }) => id === own) ? [{ id: own, name: own }] : [];
    return [{ id: '', name: t('form.asNotebook') }, ...found, ...gone];
  };
  return (
    <div className={className}>
      {shown.map((choice) => {
        const choices = choicesOf(choice);
        return (
          <Field key={choice} label={t(`form.${choice}`)}>
            <Dropdown
              value={choices.find(({ id }) => id === chosen[choice])?.name ?? ''}
              selectedOptions={[chosen[choice]]}
              onOptionSelect={(_, { optionValue }) => onChange({ [choice]: optionValue ?? '' })}
            >
              {choices.map(({ id, name }) => (
                <Option key={id} value={id}>
                  {name}
                </Option>
              ))}
            </Dropdown>
          </Field>
        );
      })}
    </div>
  );
}
