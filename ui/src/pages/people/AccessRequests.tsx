/** The people who ask for a role in a workspace: each is added with a role, or declined. */
import { Avatar, Button } from '@fluentui/react-components';
import { CheckmarkRegular, DismissRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAccessRequests, useDeclineAccess } from '../../api/accessRequests';
import { useAddMember } from '../../api/members';
import type { AccessRequest, Workspace } from '../../api/schema';
import { atLeast, ROLES, type Role } from '../../lib/roles';
import { FailureBar } from '../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { SectionTitle } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';
import { fullName } from './AddAccess';
import { RolePicker } from './RolePicker';

interface RowProps {
  request: AccessRequest;
  roles: readonly Role[];
  busy: boolean;
  onAdd: (role: Role) => void;
  onDecline: () => void;
}

function RequestRow({ request, roles, busy, onAdd, onDecline }: RowProps) {
  const { t } = useTranslation('people');
  const [role, setRole] = useState<Role>('viewer');
  const name = fullName(request);
  return (
    <RowListItem>
      <Avatar size={32} name={request.display_name} color="colorful" aria-hidden />
      <RowText
        detail={
          <>
            {request.note && <>{request.note} · </>}
            <RelativeTime at={request.asked_at} />
          </>
        }
      >
        <span className="hl-line" title={name}>
          {request.display_name}
        </span>
      </RowText>
      <RolePicker value={role} roles={roles} label={t('access.roleOf', { name })} onChoose={setRole} />
      <Button
        appearance="subtle"
        icon={<CheckmarkRegular />}
        disabled={busy}
        aria-label={t('requests.addNamed', { name })}
        title={t('access.add')}
        onClick={() => onAdd(role)}
      />
      <Button
        appearance="subtle"
        icon={<DismissRegular />}
        disabled={busy}
        aria-label={t('requests.declineNamed', { name })}
        title={t('requests.decline')}
        onClick={onDecline}
      />
    </RowListItem>
  );
}

export function AccessRequests({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('people');
  const { data } = useAccessRequests(workspace.id, atLeast(workspace.role, 'member'));
  const add = useAddMember();
  const decline = useDeclineAccess();
  if (!data?.length) return null;
  return (
    <>
      <SectionTitle>{t('requests.title')}</SectionTitle>
      <FailureBar error={add.error ?? decline.error} />
      <RowList label={t('requests.title')}>
        {data.map((request) => (
          <RequestRow
            key={request.user}
            request={request}
            roles={ROLES.filter((role) => atLeast(workspace.role, role))}
            busy={add.isPending || decline.isPending}
            onAdd={(role) => add.mutate({ workspace: workspace.id, user: request.user, role })}
            onDecline={() => decline.mutate({ workspace: workspace.id, user: request.user })}
          />
        ))}
      </RowList>
    </>
  );
}
