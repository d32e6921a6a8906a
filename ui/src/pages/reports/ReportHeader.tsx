/** Head of a report: name, whether it is saved, editing, sharing, export, rename and delete. */
import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { CopyRegular, DeleteRegular, DocumentDataRegular, EditRegular, MoreHorizontalRegular, PrintRegular, RenameRegular, ShareRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../api/client';
import { useRestoreItem } from '../../api/bin';
import { useDeleteItems } from '../../api/items';
import { useUpdateReport } from '../../api/reports';
import type { ReportPage } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { fullAddress } from '../../lib/pathPrefix';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { PageHeader } from '../../parts/PageHeader';
import styles from './ReportHeader.module.css';
import type { SaverState } from './saver';

interface Props {
  report: ReportPage;
  state: SaverState;
  canWrite: boolean;
  editing: boolean;
  onEdit: (editing: boolean) => void;
  onCopyMarkdown: () => void;
  onPrint: () => void;
  onRetry: () => void;
}

export function ReportHeader({ report, state, canWrite, editing, onEdit, onCopyMarkdown, onPrint, onRetry }: Props) {
  const { t } = useTranslation(['reports', 'shell']);
  const { notify } = useNotices();
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const share = async () => {
    await navigator.clipboard.writeText(fullAddress(path`/workspaces/${report.workspace}/reports/${report.id}`));
    notify({ intent: 'success', title: t('reports:share.copied'), body: t('reports:share.what') });
  };
  return (
    <>
      <PageHeader
        icon={<DocumentDataRegular />}
        title={report.name}
        description={report.description}
        actions={
          <div className={styles.actions}>
            {editing && <SaveWords state={state} onRetry={onRetry} />}
            {canWrite && (
              <Button appearance={editing ? 'primary' : 'secondary'} icon={editing ? undefined : <EditRegular />} onClick={() => onEdit(!editing)}>
                {t(editing ? 'reports:done' : 'reports:edit')}
              </Button>
            )}
            <Button appearance="subtle" icon={<ShareRegular />} onClick={() => void share()}>
              {t('reports:share.label')}
            </Button>
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('reports:more')} />
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <MenuItem icon={<CopyRegular />} onClick={onCopyMarkdown}>
                    {t('reports:markdown.label')}
                  </MenuItem>
                  <MenuItem icon={<PrintRegular />} onClick={onPrint}>
                    {t('reports:print')}
                  </MenuItem>
                  {canWrite && (
                    <>
                      <MenuDivider />
                      <MenuItem icon={<RenameRegular />} onClick={() => setDialog('rename')}>
                        {t('reports:rename')}
                      </MenuItem>
                      <MenuItem icon={<DeleteRegular />} onClick={() => setDialog('delete')}>
                        {t('reports:delete.label')}
                      </MenuItem>
                    </>
                  )}
                </MenuList>
              </MenuPopover>
            </Menu>
          </div>
        }
      />
      <Dialogs report={report} dialog={dialog} onClose={() => setDialog(null)} />
    </>
  );
}

function SaveWords({ state, onRetry }: { state: SaverState; onRetry: () => void }) {
  const { t } = useTranslation(['reports', 'shell']);
  const word = state.status === 'waiting' ? 'saving' : state.status;
  return (
    <span className={styles.saved} data-status={state.status} role="status" title={state.status === 'failed' ? `${errorTitle(state.error)} ${errorDetail(state.error)}` : undefined}>
      {t(`reports:saved.${word}`)}
      {state.status === 'failed' && (
        <Button size="small" onClick={onRetry}>
          {t('shell:retry')}
        </Button>
      )}
    </span>
  );
}

function Dialogs({ report, dialog, onClose }: { report: ReportPage; dialog: 'rename' | 'delete' | null; onClose: () => void }) {
  const { t } = useTranslation(['reports', 'shell', 'workspaces']);
  const { notify } = useNotices();
  const navigate = useNavigate();
  const update = useUpdateReport();
  const remove = useDeleteItems();
  const restore = useRestoreItem();
  const { workspace, id, name } = report;
  const undo = async () => {
    try {
      await restore.mutateAsync({ workspace, kind: 'report', id });
      void navigate(path`/workspaces/${workspace}/reports/${id}`);
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    }
  };
  return (
    <>
      <NameDialog
        open={dialog === 'rename'}
        title={t('reports:rename')}
        submitLabel={t('shell:save')}
        initialName={name}
        initialDescription={report.description}
        onSubmit={(named) => update.mutateAsync({ workspace, report: id, ...named })}
        onClose={onClose}
      />
      <ConfirmDialog
        open={dialog === 'delete'}
        danger
        title={t('workspaces:remove.one.report', { name })}
        confirmLabel={t('shell:delete')}
        onConfirm={async () => {
          const item = { kind: 'report' as const, id, workspace, workspace_name: '', name, description: '', owner: '', created_at: 0, modified_at: 0, count: 0, folder: '' };
          const { failed } = await remove.mutateAsync({ items: [item], onProgress: () => undefined });
          if (failed[0]) throw failed[0].error;
          void navigate(path`/workspaces/${workspace}`);
          notify({ intent: 'success', title: t('reports:delete.done', { name }), action: { label: t('workspaces:bin.undo'), run: () => void undo() } });
        }}
        onClose={onClose}
      >
        {t('reports:delete.text')}
      </ConfirmDialog>
    </>
  );
}
