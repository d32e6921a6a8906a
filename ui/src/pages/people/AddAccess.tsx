/** Give a person or a group a role in a workspace. */
import { Button, Field, Spinner } from '@fluentui/react-components';
import { PersonAddRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddGroupRole, useGroupCandidates } from '../../api/groups';
import { useAddMember, useCandidates } from '../../api/members';
import type { Workspace } from '../../api/schema';
import { atLeast, ROLES, type Role } from '../../lib/roles';
import { FailureBar } from '../../parts/FailureBar';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { Hint } from '../../parts/form/Section';
import styles from './ManageAccess.module.css';
import { RolePicker } from './RolePicker';

/** "Kim Jieun (kim)" where the two names differ. */
export function fullName({ name, display_name }: { name: string; display_name: string }): string {
  return name === display_name ? name : `${display_name} (${name})`;
}

/** Ids of groups in the list of choices, which has people too. */
const GROUP = 'group:';

export function AddAccess({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('people');
  const people = useCandidates(workspace.id, true).data;
  const groups = useGroupCandidates(workspace.id).data ?? [];
  const addMember = useAddMember();
  const addGroup = useAddGroupRole();
  const [chosen, setChosen] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const given = ROLES.filter((one) => atLeast(workspace.role, one));
  const busy = addMember.isPending || addGroup.isPending;
  const label = groups.length ? t('access.personOrGroup') : t('access.person');
  const choices = [
    { name: groups.length ? t('title') : '', choices: (people ?? []).map((one) => ({ id: one.user, name: fullName(one) })) },
    { name: t('groups.title'), choices: groups.map((one) => ({ id: GROUP + one.group, name: one.name })) },
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!chosen || busy) return;
    const done = { onSuccess: () => setChosen('') };
    addMember.reset();
    addGroup.reset();
    if (chosen.startsWith(GROUP)) addGroup.mutate({ workspace: workspace.id, group: chosen.slice(GROUP.length), role }, done);
    else addMember.mutate({ workspace: workspace.id, user: chosen, role }, done);
  };
  if (people?.length === 0 && !groups.length) return <Hint>{t('access.nobodyElse')}</Hint>;
  return (
    <form className={styles.add} onSubmit={submit} noValidate>
      <Field label={label} className={styles.person}>
        <ChoiceBox aria-label={label} value={chosen} groups={choices} onChoose={setChosen} />
      </Field>
      <RolePicker value={role} roles={given} label={t('access.roleOfNew')} onChoose={setRole} />
      <Button type="submit" appearance="primary" disabled={!chosen || busy} icon={busy ? <Spinner size="tiny" /> : <PersonAddRegular />}>
        {t('access.add')}
      </Button>
      <div className={styles.failure}>
        <FailureBar error={addMember.error ?? addGroup.error} />
      </div>
    </form>
  );
}
