/** A workspace: its items, and its settings beside them. */
import { Button, Tooltip } from '@fluentui/react-components';
import {
  BranchRegular,
  CalendarClockRegular,
  DeleteRegular,
  DeveloperBoardRegular,
  FolderRegular,
  HistoryRegular,
  MoreHorizontalRegular,
  PeopleRegular,
  PlugConnectedRegular,
  SettingsRegular,
  StackRegular,
  TableRegular,
} from '@fluentui/react-icons';
import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { path } from '../../api/client';
import type { Workspace } from '../../api/schema';
import { useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { atLeast } from '../../lib/roles';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { ManageAccess } from '../people/ManageAccess';
import { WorkspaceSettings } from '../settings/WorkspaceSettings';
import { WorkspaceGone } from '../shell/WorkspaceGone';
import { WorkspaceItems } from './WorkspaceItems';
import styles from './WorkspacePage.module.css';

interface ActionsProps {
  onFiles: () => void;
  onTables: () => void;
  onAccess: () => void;
  onBin: (() => void) | null;
  onAudit: (() => void) | null;
  onGit: () => void;
  onSchedules: () => void;
  onSessions: () => void;
  onWebhooks: (() => void) | null;
  onSettings: () => void;
}

function Actions({ onFiles, onTables, onAccess, onBin, onAudit, onGit, onSchedules, onSessions, onWebhooks, onSettings }: ActionsProps) {
  const { t } = useTranslation(['workspaces', 'shell', 'people', 'audit', 'sessions', 'schedules', 'tables', 'webhooks', 'git', 'files']);
  const entries: { label: string; icon: ReactElement; run: (() => void) | null; rare?: boolean }[] = [
    { label: t('files:title'), icon: <FolderRegular />, run: onFiles },
    { label: t('tables:title'), icon: <TableRegular />, run: onTables },
    { label: t('people:access.title'), icon: <PeopleRegular />, run: onAccess },
    { label: t('workspaces:bin.title'), icon: <DeleteRegular />, run: onBin },
    { label: t('audit:title'), icon: <HistoryRegular />, run: onAudit },
    { label: t('schedules:title'), icon: <CalendarClockRegular />, run: onSchedules },
    { label: t('sessions:title'), icon: <DeveloperBoardRegular />, run: onSessions },
    { label: t('git:title'), icon: <BranchRegular />, run: onGit, rare: true },
    { label: t('webhooks:title'), icon: <PlugConnectedRegular />, run: onWebhooks, rare: true },
    { label: t('workspaces:settings'), icon: <SettingsRegular />, run: onSettings },
  ];
  return (
    <>
      <span className={styles.wide}>
        {entries.map(({ label, icon, run, rare }) => run && !rare && (
          <Button key={label} appearance="subtle" icon={icon} onClick={run}>
            {label}
          </Button>
        ))}
      </span>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Tooltip content={t('shell:more')} relationship="label">
            <Button appearance="subtle" icon={<MoreHorizontalRegular />} />
          </Tooltip>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {entries.map(({ label, icon, run }) => run && (
              <MenuItem key={label} icon={icon} onClick={run}>
                {label}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
    </>
  );
}

function Opened({ workspace }: { workspace: Workspace }) {
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const show = (tab: string | null) =>
    setSearch(
      (old) => {
        if (tab) old.set('settings', tab);
        else old.delete('settings');
        return old;
      },
      { replace: search.has('settings') },
    );
  const access = (open: boolean) =>
    setSearch(
      (old) => {
        if (open) old.set('access', 'open');
        else old.delete('access');
        return old;
      },
      { replace: !open },
    );
  return (
    <>
      <PageHeader
        icon={<StackRegular />}
        title={workspace.name}
        description={workspace.description}
        actions={
          <Actions
            onFiles={() => void navigate(path`/workspaces/${workspace.id}/files`)}
            onTables={() => void navigate(path`/workspaces/${workspace.id}/tables`)}
            onAccess={() => access(true)}
            onBin={atLeast(workspace.role, 'contributor') ? () => void navigate(path`/workspaces/${workspace.id}/bin`) : null}
            onAudit={workspace.role === 'admin' ? () => void navigate(path`/workspaces/${workspace.id}/audit`) : null}
            onGit={() => void navigate(path`/workspaces/${workspace.id}/git`)}
            onSchedules={() => void navigate(path`/workspaces/${workspace.id}/schedules`)}
            onSessions={() => void navigate(path`/workspaces/${workspace.id}/sessions`)}
            onWebhooks={atLeast(workspace.role, 'member') ? () => void navigate(path`/workspaces/${workspace.id}/webhooks`) : null}
            onSettings={() => show('general')}
          />
        }
      />
      <WorkspaceItems key={workspace.id} workspace={workspace} />
      <ManageAccess workspace={workspace} open={search.has('access')} onClose={() => access(false)} />
      <WorkspaceSettings workspace={workspace} tab={search.get('settings')} onTab={show} onClose={() => show(null)} />
    </>
  );
}

export default function WorkspacePage() {
  const { workspace: id = '' } = useParams();
  const { data, error, refetch } = useWorkspace(id);
  if (isNotFound(error)) return <WorkspaceGone workspace={id} />;
  if (data) return <Opened workspace={data} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <div style={{ height: 108 }} />
      <TableSkeleton columns={5} rowHeight={44} />
    </>
  );
}
