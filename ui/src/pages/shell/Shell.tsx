/** The shell with its data: every page is drawn inside. */
import { Spinner } from '@fluentui/react-components';
import { Suspense, useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { isSignedOut, onSignedOut } from '../../api/client';
import { NoticesProvider } from '../../lib/notices';
import { picturesOf, replaceDocument, staysInDocument } from '../../lib/pictures';
import { AppShell } from '../../parts/AppShell';
import { MlflowLinks } from './MlflowLinks';
import { OfflineBar } from './OfflineBar';
import { Rail } from './Rail';
import { ScheduleNotices } from './ScheduleNotices';
import { SignedOut } from './SignedOut';
import { TopBar } from './TopBar';

export function Shell() {
  const { t } = useTranslation('shell');
  const signedOut = useSyncExternalStore(onSignedOut, isSignedOut);
  const { pathname } = useLocation();
  const stays = staysInDocument(pathname, picturesOf());
  useEffect(() => {
    if (!stays) void replaceDocument();
  }, [stays]);
  if (!stays) return null;
  return (
    <NoticesProvider>
      {signedOut && <SignedOut />}
      <MlflowLinks />
      {!signedOut && <ScheduleNotices />}
      <AppShell rail={<Rail />} top={<TopBar />} bar={!signedOut && <OfflineBar />}>
        <Suspense fallback={<Spinner aria-label={t('loading')} style={{ flex: 1 }} />}>
          <Outlet />
        </Suspense>
      </AppShell>
    </NoticesProvider>
  );
}
