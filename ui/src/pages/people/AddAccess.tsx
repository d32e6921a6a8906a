/** Give a person or a group a role in a workspace. */
import { PersonAddRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddGroupRole, useGroupCandidates } from '../../api/groups';
import { useAddMember, useCandidates } from '../../api/members';
import type { Workspace } from '../../api/schema';
import { atLeast, ROLES, type Role } from '../../lib/roles';
import { AddLine } from '../../parts/form/AddLine';
import { Hint } from '../../parts/form/Section';
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
  const label = groups.length ? t('access.personOrGroup') : t('access.person');
  const choices = [
    { name: groups.length ? t('title') : '', choices: (people ?? []).map((one) => ({ id: one.user, name: fullName(one) })) },
    { name: t('groups.title'), choices: groups.map((one) => ({ id: GROUP + one.group, name: one.name })) },
  ];
  const add = () => {
    const done = { onSuccess: () => setChosen('') };
    addMember.reset();
    addGroup.reset();
    if (chosen.startsWith(GROUP)) addGroup.mutate({ workspace: workspace.id, group: chosen.slice(GROUP.length), role }, done);
    else addMember.mutate({ workspace: workspace.id, user: chosen, role }, done);
  };
  if (people?.length === 0 && !groups.length) return <Hint>{t('access.nobodyElse')}</Hint>;
  return (
    <AddLine
      label={label}
      groups={choices}
      value={chosen}
      onChoose={setChosen}
      button={t('access.add')}
      icon={<PersonAddRegular />}
      busy={addMember.isPending || addGroup.isPending}
      error={addMember.error ?? addGroup.error}
      onAdd={add}
    >
      <RolePicker value={role} roles={given} label={t('access.roleOfNew')} onChoose={setRole} />
    </AddLine>
  );
}
