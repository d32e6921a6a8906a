/** Choose one or several of many names: a box that lists them and narrows the list while one types. */
import { Combobox, Option, OptionGroup } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface Choice {
  id: string;
  name: string;
}

export interface ChoiceGroup {
  name: string;
  choices: Choice[];
}

const SHOWN = 200;

interface BoxProps {
  groups: ChoiceGroup[];
  shownValue: string;
  selected: string[];
  multiple: boolean;
  onSelect: (ids: string[]) => void;
  'aria-label'?: string;
}

function Box({ groups, shownValue, selected, multiple, onSelect, ...field }: BoxProps) {
  const { t } = useTranslation('experiments');
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = (typed ?? '').trim().toLowerCase();
  const found = groups
    .map((group) => ({ ...group, choices: group.choices.filter((one) => one.name.toLowerCase().includes(wanted)).slice(0, SHOWN) }))
    .filter((group) => group.choices.length > 0);
  return (
    <Combobox
      {...field}
      multiselect={multiple}
      selectedOptions={selected}
      value={typed ?? shownValue}
      onChange={(event) => setTyped(event.target.value)}
      onOptionSelect={(_, data) => {
        setTyped(null);
        onSelect(data.selectedOptions);
      }}
      onOpenChange={(_, data) => {
        if (!data.open) setTyped(null);
      }}
      onBlur={() => setTyped(null)}
    >
      {found.length === 0 && (
        <Option disabled text="" value="">
          {t('chart.nothingFound')}
        </Option>
      )}
      {found.map((group) => {
        const options = group.choices.map((one) => (
          <Option key={one.id} value={one.id} text={one.name}>
            {one.name}
          </Option>
        ));
        return group.name ? (
          <OptionGroup key={group.name} label={group.name}>
            {options}
          </OptionGroup>
        ) : (
          options
        );
      })}
    </Combobox>
  );
}

export function ChoiceBox(props: { 'aria-label'?: string; value: string; groups: ChoiceGroup[]; onChoose: (id: string) => void }) {
  const { value, groups, onChoose, ...field } = props;
  const name = groups.flatMap((group) => group.choices).find((one) => one.id === value)?.name ?? value;
  return (
    <Box {...field} groups={groups} multiple={false} shownValue={name} selected={value ? [value] : []} onSelect={(ids) => onChoose(ids[0] ?? value)} />
  );
}

export function ManyBox(props: { values: string[]; groups: ChoiceGroup[]; onChoose: (ids: string[]) => void }) {
  const { values, groups, onChoose, ...field } = props;
  return <Box {...field} groups={groups} multiple shownValue={values.join(', ')} selected={values} onSelect={onChoose} />;
}
