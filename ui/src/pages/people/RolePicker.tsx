/** The four roles of a workspace, each with what it allows. */
import { Dropdown, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { isRole, type Role } from '../../lib/roles';
import styles from './RolePicker.module.css';

interface Props {
  value: Role;
  roles: readonly Role[];
  label: string;
  disabled?: boolean;
  onChoose: (role: Role) => void;
}

export function RolePicker({ value, roles, label, disabled, onChoose }: Props) {
  const { t } = useTranslation(['people', 'workspaces']);
  return (
    <Dropdown
      className={styles.picker}
      aria-label={label}
      value={t(`workspaces:roles.${value}`)}
      selectedOptions={[value]}
      disabled={disabled}
      positioning={{ align: 'end', matchTargetSize: undefined }}
      onOptionSelect={(_, { optionValue }) => {
        if (isRole(optionValue) && optionValue !== value) onChoose(optionValue);
      }}
    >
      {[...roles].reverse().map((role) => (
        <Option key={role} value={role} text={t(`workspaces:roles.${role}`)}>
          <span className={styles.option}>
            <span>{t(`workspaces:roles.${role}`)}</span>
            <span className={styles.hint}>{t(`people:roles.${role}`)}</span>
          </span>
        </Option>
      ))}
    </Dropdown>
  );
}
