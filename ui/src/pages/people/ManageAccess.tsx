/** Manage access: the people and groups of a workspace, their roles, and adding others. */
import { Avatar, Button } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useMe } from '../../api/me';
import { useChangeMember, useLeave, useMembers, useRemoveMember } from '../../api/members';
import type { Member, Workspace } from '../../api/schema';
import { atLeast, ROLES, type Role } from '../../lib/roles';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { Hint, Section } from '../../parts/form/Section';
import { SidePanel } from '../../parts/SidePanel';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { AccessRequests } from './AccessRequests';
import { AddAccess, fullName } from './AddAccess';
import { GroupAccess } from './GroupAccess';
import styles from './ManageAccess.module.css';
import { RolePicker } from './RolePicker';
import { ServiceAccounts } from './ServiceAccounts';

interface RowProps {
  member: Member;
  mine: boolean;
  /** Whether the caller may change this row. */
  changes: boolean;
  lastAdmin: boolean;
  onRole: (role: Role) => void;
  onRemove: () => void;
}

function MemberRow({ member, mine, changes, lastAdmin, onRole, onRemove }: RowProps) {
  const { t } = useTranslation(['people', 'workspaces']);
  const name = fullName(member);
  return (
    <RowListItem>
      <Avatar size={32} name={member.display_name} color="colorful" aria-hidden />
      <RowText detail={member.disabled ? t('people:state.disabled') : lastAdmin ? t('people:access.lastAdmin') : member.service ? t('people:service.one') : member.name}>
        <span className="hl-line" title={name}>
          {member.display_name}
          {mine && <span className={styles.faint}> {t('people:you')}</span>}
        </span>
      </RowText>
      {changes && !lastAdmin ? (
        <RolePicker value={member.role} roles={member.service ? ROLES.filter((role) => role !== 'admin') : ROLES} label={t('people:access.roleOf', { name })} onChoose={onRole} />
      ) : (
        <span className={styles.role}>{t(`workspaces:roles.${member.role}`)}</span>
      )}
      {changes || mine ? (
        <Button
          appearance="subtle"
          icon={<DismissRegular />}
          disabled={lastAdmin}
          aria-label={mine ? t('people:access.leave') : t('people:access.removeNamed', { name })}
          title={mine ? t('people:access.leave') : t('people:access.remove')}
          onClick={onRemove}
        />
      ) : (
        <span className={styles.noButton} />
      )}
    </RowListItem>
  );
}

function Access({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('people');
  const navigate = useNavigate();
  const { data, error, refetch } = useMembers(workspace.id);
  const me = useMe().data?.user.id;
  const change = useChangeMember();
  const remove = useRemoveMember();
  const leave = useLeave();
  const [going, setGoing] = useState<Member | null>(null);
  const admin = workspace.role === 'admin';
  const admins = data?.filter((member) => member.role === 'admin' && !member.disabled).length ?? 0;
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const end = async () => {
    if (!going) return;
    if (going.user !== me) {
      await remove.mutateAsync({ workspace: workspace.id, user: going.user });
      return;
    }
    await leave.mutateAsync(workspace.id);
    void navigate('/workspaces');
  };
  return (
    <Section>
      {atLeast(workspace.role, 'member') && <AddAccess workspace={workspace} />}
      <AccessRequests workspace={workspace} />
      {!admin && <Hint>{t('access.adminOnly')}</Hint>}
      <FailureBar error={change.error} />
      {!data && <TableSkeleton rows={3} columns={2} />}
      <RowList label={t('access.list')}>
        {data?.map((member) => (
          <MemberRow
            key={member.user}
            member={member}
            mine={member.user === me}
            changes={admin}
            lastAdmin={admins === 1 && member.role === 'admin' && !member.disabled}
            onRole={(role) => change.mutate({ workspace: workspace.id, user: member.user, role })}
            onRemove={() => setGoing(member)}
          />
        ))}
      </RowList>
      <GroupAccess workspace={workspace} />
      {admin && <ServiceAccounts workspace={workspace} />}
      <ConfirmDialog
        open={going !== null}
        danger
        title={
          going?.user === me
            ? t('access.leaveTitle', { workspace: workspace.name })
            : t('access.removeTitle', { name: going?.display_name ?? '' })
        }
        confirmLabel={t(going?.user === me ? 'access.leave' : 'access.remove')}
        onConfirm={end}
        onClose={() => setGoing(null)}
      >
        {t(going?.user === me ? 'access.leaveText' : 'access.removeText')}
      </ConfirmDialog>
    </Section>
  );
}

interface Props {
  workspace: Workspace;
  open: boolean;
  onClose: () => void;
}

export function ManageAccess({ workspace, open, onClose }: Props) {
  const { t } = useTranslation('people');
  return (
    <SidePanel open={open} title={t('access.title')} onClose={onClose} width={560}>
      {open && <Access workspace={workspace} />}
    </SidePanel>
  );
}
