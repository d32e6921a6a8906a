/** The shell with its data: every page is drawn inside. */
import { Spinner } from '@fluentui/react-components';
import { Suspense, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet } from 'react-router';
import { isSignedOut, onSignedOut } from '../../api/client';
import { NoticesProvider } from '../../lib/notices';
import { AppShell } from '../../parts/AppShell';
import { MlflowLinks } from './MlflowLinks';
import { OfflineBar } from './OfflineBar';
import { Rail } from './Rail';
import { SignedOut } from './SignedOut';
import { TopBar } from './TopBar';

export function Shell() {
  const { t } = useTranslation('shell');
  const signedOut = useSyncExternalStore(onSignedOut, isSignedOut);
  return (
    <NoticesProvider>
      {signedOut && <SignedOut />}
      <MlflowLinks />
      <AppShell rail={<Rail />} top={<TopBar />} bar={!signedOut && <OfflineBar />}>
        <Suspense fallback={<Spinner aria-label={t('loading')} style={{ flex: 1 }} />}>
          <Outlet />
        </Suspense>
      </AppShell>
    </NoticesProvider>
  );
}
