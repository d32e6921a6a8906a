/** The shell with its data: every page is drawn inside. */
import { Spinner } from '@fluentui/react-components';
import { Suspense, useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation, useParams } from 'react-router';
import { isSignedOut, onSignedOut } from '../../api/client';
import { useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { NoticesProvider } from '../../lib/notices';
import { picturesOf, replaceDocument, staysInDocument } from '../../lib/pictures';
import { AppShell } from '../../parts/AppShell';
import { FeedNotices } from './FeedNotices';
import { MlflowLinks } from './MlflowLinks';
import { OfflineBar } from './OfflineBar';
import { Rail } from './Rail';
import { SignedOut } from './SignedOut';
import { TopBar } from './TopBar';
import { WorkspaceGone } from './WorkspaceGone';

/**
 * The page, unless it is in a workspace that does not exist or that the person cannot see. One that was open stays: it
 * may hold what was not saved.
 */
function Place() {
  const { workspace = '' } = useParams();
  const { data, error } = useWorkspace(workspace);
  if (workspace && !data && isNotFound(error)) return <WorkspaceGone workspace={workspace} />;
  return <Outlet />;
}

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
      {!signedOut && <FeedNotices />}
      <AppShell rail={<Rail />} top={<TopBar />} bar={!signedOut && <OfflineBar />}>
        <Suspense fallback={<Spinner aria-label={t('loading')} style={{ flex: 1 }} />}>
          <Place />
        </Suspense>
      </AppShell>
    </NoticesProvider>
  );
}
