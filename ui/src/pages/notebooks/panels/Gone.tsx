/** There is no such notebook (any more). */
import { Button } from '@fluentui/react-components';
import { BoxDismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../../api/client';
import { EmptyState } from '../../../parts/EmptyState';

export function Gone({ workspace }: { workspace: string }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const navigate = useNavigate();
  return (
    <EmptyState
      icon={<BoxDismissRegular />}
      title={t('gone.title')}
      text={t('gone.text')}
      actions={
        <>
          <Button appearance="primary" onClick={() => void navigate(path`/workspaces/${workspace}`)}>
            {t('gone.workspace')}
          </Button>
          <Button onClick={() => void navigate('/')}>{t('shell:goHome')}</Button>
        </>
      }
    />
  );
}
