/** Choose the capacity of a workspace or a notebook: named limits of its sessions. */
import { Dropdown, Field, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../lib/format';

/** One capacity to choose from; 0 means no limit. */
export interface CapacityChoice {
  id: string;
  name: string;
  source: 'built-in' | 'file' | 'page';
  memory_mb: number;
  cores: number;
  processes: number;
  gpus: string;
  idle_minutes: number;
  sessions: number;
  running: number;
}

interface Props {
  /** Undefined while they are read. */
  capacities: readonly CapacityChoice[] | undefined;
  /** Empty where `inherited` is: the workspace's. */
  value: string;
  /** The capacity of the workspace, where a notebook may follow it. */
  inherited?: string | undefined;
  disabled?: boolean;
  onChange: (capacity: string) => void;
}

export function CapacityField({ capacities, value, inherited, disabled, onChange }: Props) {
  const { t } = useTranslation('capacities');
  const nameOf = useCapacityName();
  const summary = useCapacitySummary();
  const name = (id: string) => nameOf(capacities?.find((one) => one.id === id) ?? { name: id, source: 'page' });
  const label = (id: string) => (id ? name(id) : t('inherited', { name: name(inherited ?? '') }));
  const chosen = capacities?.find((one) => one.id === (value || inherited));
  const gone = capacities !== undefined && !chosen;
  const ids = capacities?.map(({ id }) => id) ?? [];
  return (
    <Field
      label={t('label')}
      hint={chosen && `${summary(chosen)}. ${t('applies')}`}
      validationState={gone ? 'warning' : 'none'}
      validationMessage={gone ? t('gone') : undefined}
    >
      <Dropdown
        disabled={disabled}
        value={capacities ? label(value) : ''}
        selectedOptions={[value]}
        onOptionSelect={(_, { optionValue }) => {
          if (optionValue !== undefined) onChange(optionValue);
        }}
      >
        {(inherited === undefined ? ids : ['', ...ids]).map((id) => (
          <Option key={id} value={id} text={label(id)}>
            {label(id)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}

/** The name of a capacity, for people. The built-in one has a name in each language until an admin renames it. */
export function useCapacityName() {
  const { t } = useTranslation('capacities');
  return ({ name, source }: Pick<CapacityChoice, 'name' | 'source'>) =>
    source === 'built-in' && name === 'This machine' ? t('thisMachine') : name;
}

/** The limits of a capacity in one line. */
export function useCapacitySummary() {
  const { t, i18n } = useTranslation('capacities');
  return (one: CapacityChoice) => {
    const limits = [
      one.memory_mb > 0 && t('limit.memory', { size: formatBytes(one.memory_mb * 1_000_000, i18n.language) }),
      one.cores > 0 && t('limit.cores', { count: one.cores }),
      one.processes > 0 && t('limit.processes', { count: one.processes }),
      one.gpus === 'none' ? t('limit.noGpus') : one.gpus !== 'all' && t('limit.gpus', { gpus: one.gpus }),
      one.idle_minutes > 0 && t('limit.idle', { count: one.idle_minutes }),
      one.sessions > 0 && t('running', { running: one.running, limit: one.sessions }),
    ].filter((limit) => limit !== false);
    return limits.length ? limits.join(', ') : t('noLimits');
  };
}
