/** Error boundary: shows that rendering a page failed, with links to leave it. */
import { Button } from '@fluentui/react-components';
import { BugRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { EmptyState } from '../../parts/EmptyState';

export function CrashPage() {
  const { t } = useTranslation('shell');
  const error = useRouteError();
  return (
    <div role="alert" style={{ height: '100%' }}>
      <EmptyState
        icon={<BugRegular />}
        title={t('crash.title')}
        text={`${t('crash.text')} ${error instanceof Error ? error.message : String(error)}`}
        actions={
          <Button appearance="primary" onClick={() => location.reload()}>
            {t('crash.reload')}
          </Button>
        }
      />
    </div>
  );
}
