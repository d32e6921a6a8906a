/** One group beside the list: its name here and at the provider, its members, and where it has a role. */
import { Avatar, Button, Field, Input } from '@fluentui/react-components';
import { DismissRegular, PersonAddRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeGroup, useGroup, useJoinGroup, useLeaveGroup, useRemoveGroup } from '../../api/groups';
import type { Group, GroupDetails } from '../../api/schema';
import { useUsers } from '../../api/users';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { AddLine } from '../../parts/form/AddLine';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { FieldForm, Hint, Section, SectionTitle } from '../../parts/form/Section';
import { SidePanel } from '../../parts/SidePanel';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './GroupPanel.module.css';

function GroupNames({ group }: { group: Group }) {
  const { t } = useTranslation(['people', 'shell']);
  const change = useChangeGroup();
  const [name, setName] = useState(group.name);
  const [claim, setClaim] = useState(group.claim);
  const same = name.trim() === group.name && claim.trim() === group.claim;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!same && name.trim() && !change.isPending) change.mutate({ group: group.id, name: name.trim(), claim: claim.trim() });
  };
  return (
    <FieldForm onSubmit={submit}>
      <Field label={t('people:columns.name')} required>
        <Input value={name} autoComplete="off" onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={t('people:groups.claim')} hint={t('people:groups.claimHint')}>
        <Input value={claim} autoComplete="off" onChange={(_, { value }) => setClaim(value)} />
      </Field>
      <FailureBar error={change.error} />
      <div>
        <Button type="submit" disabled={same || !name.trim() || change.isPending}>
          {t('shell:save')}
        </Button>
      </div>
    </FieldForm>
  );
}

function JoinForm({ details }: { details: GroupDetails }) {
  const { t } = useTranslation('people');
  const people = useUsers().data ?? [];
  const join = useJoinGroup();
  const [user, setUser] = useState('');
  const inside = new Set(details.members.map((member) => member.user));
  const choices = people.filter((person) => !inside.has(person.id) && !person.service).map((person) => ({ id: person.id, name: person.display_name }));
  return (
    <AddLine
      label={t('groups.join')}
      groups={[{ name: '', choices }]}
      value={user}
      onChoose={setUser}
      button={t('access.add')}
      icon={<PersonAddRegular />}
      busy={join.isPending}
      error={join.error}
      onAdd={() => join.mutate({ group: details.group.id, user }, { onSuccess: () => setUser('') })}
    />
  );
}

function GroupMembers({ details }: { details: GroupDetails }) {
  const { t } = useTranslation('people');
  const leave = useLeaveGroup();
  return (
    <Section>
      <SectionTitle>{t('groups.members')}</SectionTitle>
      <JoinForm details={details} />
      <FailureBar error={leave.error} />
      {!details.members.length && <Hint>{t('groups.empty')}</Hint>}
      <RowList label={t('groups.members')}>
        {details.members.map((member) => (
          <RowListItem key={member.user}>
            <Avatar size={32} name={member.display_name} color="colorful" aria-hidden />
            <RowText detail={member.disabled ? t('state.disabled') : member.by_claim ? t('groups.byClaim') : member.name}>
              <span className="hl-line">{member.display_name}</span>
            </RowText>
            <Button
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={t('access.removeNamed', { name: member.display_name })}
              title={t('access.remove')}
              disabled={leave.isPending}
              onClick={() => leave.mutate({ group: details.group.id, user: member.user })}
            />
          </RowListItem>
        ))}
      </RowList>
    </Section>
  );
}

function GroupWorkspaces({ details }: { details: GroupDetails }) {
  const { t } = useTranslation(['people', 'workspaces']);
  return (
    <Section>
      <SectionTitle>{t('people:columns.workspaces')}</SectionTitle>
      {!details.workspaces.length && <Hint>{t('people:groups.noWorkspaces')}</Hint>}
      <RowList label={t('people:columns.workspaces')}>
        {details.workspaces.map((one) => (
          <RowListItem key={one.workspace}>
            <RowText detail={t(`workspaces:roles.${one.role}`)}>
              <span className="hl-line" title={one.name}>
                {one.name}
              </span>
            </RowText>
          </RowListItem>
        ))}
      </RowList>
    </Section>
  );
}

function GroupBody({ group, onClose }: { group: Group; onClose: () => void }) {
  const { t } = useTranslation('people');
  const { data, error, refetch } = useGroup(group.id);
  const remove = useRemoveGroup();
  const [asking, setAsking] = useState(false);
  return (
    <Section>
      <GroupNames key={`${group.name} ${group.claim}`} group={group} />
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton rows={3} columns={1} />}
      {data && <GroupMembers details={data} />}
      {data && <GroupWorkspaces details={data} />}
      <div>
        <Button className={styles.danger} onClick={() => setAsking(true)}>
          {t('groups.remove')}
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        danger
        title={t('groups.removeTitle', { name: group.name })}
        confirmLabel={t('access.remove')}
        onConfirm={async () => {
          await remove.mutateAsync(group.id);
          onClose();
        }}
        onClose={() => setAsking(false)}
      >
        {t('groups.removeText')}
      </ConfirmDialog>
    </Section>
  );
}

export function GroupPanel({ group, onClose }: { group: Group | null; onClose: () => void }) {
  return (
    <SidePanel open={group !== null} title={group?.name ?? ''} onClose={onClose} width={560}>
      {group && <GroupBody key={group.id} group={group} onClose={onClose} />}
    </SidePanel>
  );
}
