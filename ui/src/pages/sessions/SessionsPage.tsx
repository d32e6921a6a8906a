/** Running sessions: of a workspace for its members, of the installation for its admins. */
import { DeveloperBoardRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useMe } from '../../api/me';
import type { ListedSession } from '../../api/schema';
import { useListedControl, useListedSessions } from '../../api/sessions';
import { useWorkspace } from '../../api/workspaces';
import { errorDetail, errorTitle } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './SessionsPage.module.css';
import { SessionTable } from './SessionTable';

const POLL = 5_000;

function Listed({ workspace }: { workspace: string | undefined }) {
  const { t, i18n } = useTranslation('sessions');
  const { data, error, refetch } = useListedSessions(workspace, POLL);
  const { interrupt, stop } = useListedControl(workspace);
  const { notify } = useNotices();
  const [stopping, setStopping] = useState<ListedSession | null>(null);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={6} rowHeight={44} />;
  const memory = data.reduce((sum, one) => sum + one.memory_bytes, 0);
  return (
    <>
      {data.length === 0 ? (
        <EmptyState icon={<DeveloperBoardRegular />} title={t('none')} text={t('noneText')} />
      ) : (
        <>
          <p className={styles.total}>{t('total', { count: data.length, memory: formatBytes(memory, i18n.language) })}</p>
          <SessionTable
            sessions={data}
            ofOne={workspace !== undefined}
            onInterrupt={(session) =>
              interrupt.mutate(session, {
                onSuccess: () => notify({ intent: 'info', title: t('interrupted', { name: session.name }) }),
                onError: (failed) => notify({ intent: 'error', title: errorTitle(failed), body: errorDetail(failed) }),
              })
            }
            onStop={setStopping}
          />
        </>
      )}
      <ConfirmDialog
        open={stopping !== null}
        title={t('stopTitle', { name: stopping?.name ?? '' })}
        confirmLabel={t('stop')}
        danger
        onConfirm={async () => {
          if (stopping) await stop.mutateAsync(stopping);
        }}
        onClose={() => setStopping(null)}
      >
        {t(stopping?.state === 'busy' ? 'stopBusy' : 'stopText')}
      </ConfirmDialog>
    </>
  );
}

export default function SessionsPage() {
  const { t } = useTranslation('sessions');
  const { workspace } = useParams();
  const me = useMe().data;
  const found = useWorkspace(workspace ?? '');
  if (workspace && found.error && !found.data) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />;
  const refused = !workspace && me !== undefined && !me.user.admin;
  const allowed = workspace ? found.data !== undefined : me?.user.admin;
  return (
    <>
      <PageHeader title={t('title')} icon={<DeveloperBoardRegular />} />
      {refused && <EmptyState icon={<DeveloperBoardRegular />} title={t('adminsOnly')} text={t('adminsOnlyText')} />}
      {allowed && <Listed key={workspace ?? ''} workspace={workspace} />}
    </>
  );
}
