/** Choose one of the workspaces that may be written to. */
import { Dropdown, Field, Option } from '@fluentui/react-components';

export interface WorkspaceChoice {
  id: string;
  name: string;
}

interface Props {
  label: string;
  workspaces: readonly WorkspaceChoice[];
  value: string;
  onChange: (workspace: string) => void;
  disabled?: boolean;
}

export function WorkspaceField({ label, workspaces, value, onChange, disabled }: Props) {
  return (
    <Field label={label} required>
      <Dropdown
        disabled={disabled}
        value={workspaces.find((workspace) => workspace.id === value)?.name ?? ''}
        selectedOptions={[value]}
        onOptionSelect={(_, { optionValue }) => {
          if (optionValue) onChange(optionValue);
        }}
      >
        {workspaces.map((workspace) => (
          <Option key={workspace.id} value={workspace.id}>
            {workspace.name}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
