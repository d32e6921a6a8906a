/** Where a link leads to a workspace that does not exist, or in which the person has no role: they can ask for one. */
import { Button } from '@fluentui/react-components';
import { BoxDismissRegular, LockClosedRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useAskedAccess } from '../../api/accessRequests';
import { EmptyState } from '../../parts/EmptyState';
import { AskForAccess } from '../people/AskForAccess';

export function WorkspaceGone({ workspace }: { workspace: string }) {
  const { t } = useTranslation(['workspaces', 'shell', 'people']);
  const navigate = useNavigate();
  const { data: access, isPending } = useAskedAccess(workspace);
  if (isPending) return null;
  const text = () => {
    if (!access) return t('workspaces:gone.text');
    if (access.asked_at) return t('people:ask.asked');
    return t(access.declined_at ? 'people:ask.declined' : 'workspaces:closed.text');
  };
  return (
    <div role="status" style={{ height: '100%' }}>
      <EmptyState
        icon={access ? <LockClosedRegular /> : <BoxDismissRegular />}
        title={t(access ? 'workspaces:closed.title' : 'workspaces:gone.title')}
        text={text()}
        actions={
          <>
            {access && <AskForAccess workspace={workspace} />}
            <Button onClick={() => void navigate('/')}>{t('shell:goHome')}</Button>
            <Button onClick={() => void navigate('/workspaces')}>{t('shell:flyout.all')}</Button>
          </>
        }
      />
    </div>
  );
}
