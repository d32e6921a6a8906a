/** The capacity of a workspace: a named compute profile that its sessions run on. */
import { Dropdown, Field, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Capacity } from '../../api/schema';
import { useCapacities } from '../../api/workspaces';
import { formatBytes } from '../../lib/format';

interface Props {
  value: string;
  /** Without it the field only tells. */
  onChange?: (capacity: string) => void;
}

export function CapacityField({ value, onChange }: Props) {
  const { t, i18n } = useTranslation('workspaces');
  const { data = [] } = useCapacities();
  const nameOf = (capacity: Capacity) => t(`capacity.names.${capacity.id}`, { defaultValue: capacity.name });
  const chosen = data.find((capacity) => capacity.id === value);
  const hint = chosen && t('capacity.size', { cpus: chosen.cpus, memory: formatBytes(chosen.memory_bytes, i18n.language) });
  return (
    <Field label={t('capacity.label')} hint={hint}>
      <Dropdown
        value={chosen ? nameOf(chosen) : value}
        selectedOptions={[value]}
        disabled={!onChange}
        onOptionSelect={(_, { optionValue }) => {
          if (optionValue) onChange?.(optionValue);
        }}
      >
        {data.map((capacity) => (
          <Option key={capacity.id} value={capacity.id}>
            {nameOf(capacity)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
