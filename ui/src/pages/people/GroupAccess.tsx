/** The groups that have a role in a workspace. */
import { Button } from '@fluentui/react-components';
import { DismissRegular, PeopleCommunityRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeGroupRole, useGroupRoles, useRemoveGroupRole } from '../../api/groups';
import type { GroupRole, Workspace } from '../../api/schema';
import { ROLES } from '../../lib/roles';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { SectionTitle } from '../../parts/form/Section';
import styles from './GroupAccess.module.css';
import { RolePicker } from './RolePicker';

export function GroupAccess({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation(['people', 'workspaces']);
  const { data, error, refetch } = useGroupRoles(workspace.id);
  const change = useChangeGroupRole();
  const remove = useRemoveGroupRole();
  const [going, setGoing] = useState<GroupRole | null>(null);
  const admin = workspace.role === 'admin';
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data?.length) return null;
  return (
    <>
      <SectionTitle>{t('people:groups.title')}</SectionTitle>
      <FailureBar error={change.error} />
      <RowList label={t('people:access.groups')}>
        {data.map((one) => (
          <RowListItem key={one.group}>
            <PeopleCommunityRegular fontSize={24} className={styles.group} aria-hidden />
            <RowText detail={t('people:groups.size', { count: one.members })}>
              <span className="hl-line" title={one.name}>
                {one.name}
              </span>
            </RowText>
            {admin ? (
              <RolePicker
                value={one.role}
                roles={ROLES}
                label={t('people:access.roleOf', { name: one.name })}
                onChoose={(role) => change.mutate({ workspace: workspace.id, group: one.group, role })}
              />
            ) : (
              <span className={styles.role}>{t(`workspaces:roles.${one.role}`)}</span>
            )}
            {admin && (
              <Button
                appearance="subtle"
                icon={<DismissRegular />}
                aria-label={t('people:access.removeNamed', { name: one.name })}
                title={t('people:access.remove')}
                onClick={() => setGoing(one)}
              />
            )}
          </RowListItem>
        ))}
      </RowList>
      <ConfirmDialog
        open={going !== null}
        danger
        title={t('people:access.removeGroupTitle', { name: going?.name ?? '' })}
        confirmLabel={t('people:access.remove')}
        onConfirm={async () => {
          if (going) await remove.mutateAsync({ workspace: workspace.id, group: going.group });
        }}
        onClose={() => setGoing(null)}
      >
        {t('people:access.removeGroupText')}
      </ConfirmDialog>
    </>
  );
}
