/** Choose the Spark engine of a notebook or a workspace. */
import { Dropdown, Field, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';

/** One engine to choose from. */
export interface EngineChoice {
  id: string;
  kind: 'quick' | 'apache' | 'connect';
  name: string;
  address: string;
  /** Null for the engines of the server's machine. */
  reachable: boolean | null;
}

interface Props {
  engines: readonly EngineChoice[];
  /** Empty where `inherited` is: the workspace's. */
  value: string;
  /** The engine of the workspace, where a notebook may follow it. */
  inherited?: string | undefined;
  disabled?: boolean;
  onChange: (engine: string) => void;
}

export function EngineField({ engines, value, inherited, disabled, onChange }: Props) {
  const { t } = useTranslation('shell');
  const name = useEngineName();
  const chosen = engines.find((engine) => engine.id === (value || inherited));
  const label = (id: string) => (id ? name(id, engines) : t('engine.inherited', { engine: name(inherited ?? '', engines) }));
  const choices = inherited === undefined ? engines.map(({ id }) => id) : ['', ...engines.map(({ id }) => id)];
  return (
    <Field
      label={t('engine.label')}
      hint={t(chosen ? `engine.hint.${chosen.kind}` : 'engine.hint.gone')}
      validationState={chosen?.reachable === false || !chosen ? 'warning' : 'none'}
      validationMessage={chosen?.reachable === false ? t('engine.silent', { address: chosen.address }) : undefined}
    >
      <Dropdown
        disabled={disabled}
        value={label(value)}
        selectedOptions={[value]}
        onOptionSelect={(_, { optionValue }) => {
          if (optionValue !== undefined) onChange(optionValue);
        }}
      >
        {choices.map((id) => (
          <Option key={id} value={id} text={label(id)}>
            {label(id)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}

/** The name of an engine by its id, for people. */
export function useEngineName() {
  const { t } = useTranslation('shell');
  return (id: string, engines: readonly EngineChoice[]) => {
    if (id === 'quick' || id === 'apache') return t(`engine.name.${id}`);
    return engines.find((engine) => engine.id === id)?.name ?? id;
  };
}
