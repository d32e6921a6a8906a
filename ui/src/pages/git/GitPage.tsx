/** Git of a workspace: what has changed since the last commit, the commits, and the repository that they are pushed to. */
import { Button, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { ArrowDownloadRegular, ArrowUploadRegular, BranchRegular, SettingsRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useGitStatus, usePush } from '../../api/git';
import type { GitStatus } from '../../api/schema';
import { useWorkspace } from '../../api/workspaces';
import { ApiError } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { atLeast } from '../../lib/roles';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { Changes } from './Changes';
import { Commits } from './Commits';
import { CommitPanel } from './CommitPanel';
import { Comparison } from './Comparison';
import { PullDialog } from './PullDialog';
import { RemoteDialog } from './RemoteDialog';
import styles from './GitPage.module.css';

export default function GitPage() {
  const { t } = useTranslation('git');
  const { workspace = '' } = useParams();
  const { data, error, refetch } = useGitStatus(workspace);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className={styles.page}>
      {!data ? (
        <>
          <PageHeader title={t('title')} icon={<BranchRegular />} description={t('about')} />
          <TableSkeleton columns={2} />
        </>
      ) : data.installed ? (
        <Opened workspace={workspace} status={data} error={error} />
      ) : (
        <>
          <PageHeader title={t('title')} icon={<BranchRegular />} description={t('about')} />
          <EmptyState icon={<BranchRegular />} title={t('missing')} text={t('missingText')} />
        </>
      )}
    </div>
  );
}

function Opened({ workspace, status, error }: { workspace: string; status: GitStatus; error: unknown }) {
  const { t } = useTranslation('git');
  const role = useWorkspace(workspace).data?.role;
  const [search, setSearch] = useSearchParams();
  const push = usePush();
  const [setting, setSetting] = useState(false);
  const [pulling, setPulling] = useState(false);
  const [commit, file] = [search.get('commit') ?? '', search.get('file') ?? ''];
  const show = (next: { commit?: string; file?: string }) =>
    setSearch(Object.fromEntries(Object.entries(next).filter(([, value]) => value)), { replace: search.size > 0 });
  return (
    <>
      <PageHeader
        title={t('title')}
        icon={<BranchRegular />}
        description={status.remote.url ? t('pushedTo', { url: status.remote.url, branch: status.remote.branch }) : t('about')}
        actions={
          <>
            {atLeast(role, 'contributor') && status.remote.url && (
              <>
                <Button icon={<ArrowDownloadRegular />} onClick={() => setPulling(true)}>
                  {status.behind ? t('pullCount', { count: status.behind }) : t('pull')}
                </Button>
                <Push workspace={workspace} status={status} push={push} />
              </>
            )}
            {atLeast(role, 'member') && (
              <Button icon={<SettingsRegular />} onClick={() => setSetting(true)}>
                {t('repository')}
              </Button>
            )}
          </>
        }
      />
      <FailureBar error={error} />
      <FailureBar
        error={push.error}
        action={
          push.error instanceof ApiError && push.error.field === 'branch' ? <Button onClick={() => setPulling(true)}>{t('pull')}</Button> : undefined
        }
      />
      {status.left_out && status.left_out.length > 0 && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>{t('leftOut', { count: status.left_out.length, names: status.left_out.slice(0, 5).join(', ') })}</MessageBarBody>
        </MessageBar>
      )}
      {status.complete === false && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{t('incomplete')}</MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.columns}>
        <Changes workspace={workspace} status={status} canWrite={atLeast(role, 'contributor')} onShow={(path) => show({ file: path })} />
        <Commits workspace={workspace} any={Boolean(status.head)} onShow={(id) => show({ commit: id })} />
      </div>
      <CommitPanel workspace={workspace} commit={commit} onShow={(path) => show({ commit, file: path })} onClose={() => show({})} />
      {file && <Comparison key={commit + file} workspace={workspace} commit={commit} file={file} onClose={() => show({ commit })} />}
      {pulling && <PullDialog workspace={workspace} status={status} onPulled={push.reset} onClose={() => setPulling(false)} />}
      {setting && <RemoteDialog workspace={workspace} status={status} onClose={() => setSetting(false)} />}
    </>
  );
}

function Push({ workspace, status, push }: { workspace: string; status: GitStatus; push: ReturnType<typeof usePush> }) {
  const { t } = useTranslation('git');
  const { notify } = useNotices();
  const { branch } = status.remote;
  const waiting = status.waiting ?? 0;
  return (
    <Button
      icon={push.isPending ? <Spinner size="tiny" /> : <ArrowUploadRegular />}
      disabled={push.isPending || !status.head || status.waiting === 0}
      onClick={() => push.mutate({ workspace }, { onSuccess: () => notify({ intent: 'success', title: t('pushed', { branch }) }) })}
    >
      {waiting > 0 ? t('pushCount', { count: waiting }) : t('push')}
    </Button>
  );
}
