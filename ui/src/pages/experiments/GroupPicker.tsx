/** "Group": the fields that runs are grouped by. */
import { Button, Field, Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import { GroupListRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { ExperimentColumns } from '../../api/schema';
import { ManyBox, type ChoiceGroup } from '../../parts/form/ChoiceBox';
import { MOST_GROUPS } from './address';
import styles from './GroupPicker.module.css';
import { useFieldLabel } from './labels';

interface Props {
  group: string[];
  keys: ExperimentColumns;
  onGroup: (group: string[]) => void;
}

export function GroupPicker({ group, keys, onGroup }: Props) {
  const { t } = useTranslation('experiments');
  const fieldLabel = useFieldLabel();
  const choices: ChoiceGroup[] = [
    { name: t('editor.general'), choices: [...(keys.nested ? ['parent'] : []), 'status', 'user'].map((id) => ({ id, name: fieldLabel(id) })) },
    { name: t('columns.params'), choices: keys.params.map((key) => ({ id: `params.${key}`, name: key })) },
    { name: t('columns.tags'), choices: keys.tags.map((key) => ({ id: `tags.${key}`, name: key })) },
  ];
  return (
    <Popover trapFocus positioning="below-start">
      <PopoverTrigger disableButtonEnhancement>
        <Button icon={<GroupListRegular />}>
          {group.length ? t('group.by', { fields: group.map(fieldLabel).join(', ') }) : t('group.label')}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={t('group.label')} className={styles.surface}>
        <Field label={t('group.fields')} hint={t('group.fieldsHint', { count: MOST_GROUPS })}>
          <ManyBox values={group} groups={choices} onChoose={(fields) => onGroup(fields.slice(-MOST_GROUPS))} />
        </Field>
        <Button disabled={!group.length} onClick={() => onGroup([])}>
          {t('group.clear')}
        </Button>
      </PopoverSurface>
    </Popover>
  );
}
