/** Header of an experiment: name, description and actions. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { AlertRegular, BeakerRegular, DeleteRegular, EditRegular, MoreHorizontalRegular, ShareRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../api/client';
import { useDeleteExperiment, useUpdateExperiment } from '../../api/experiments';
import type { ExperimentView } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { PageHeader } from '../../parts/PageHeader';
import { NoticeRules } from './NoticeRules';

export function ExperimentHeader({ experiment }: { experiment: ExperimentView }) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { notify } = useNotices();
  const navigate = useNavigate();
  const update = useUpdateExperiment();
  const remove = useDeleteExperiment();
  const [dialog, setDialog] = useState<'rename' | 'delete' | 'notify' | null>(null);
  const { id, workspace } = experiment;
  const canWrite = useCanWrite(workspace);

  const share = async () => {
    await navigator.clipboard.writeText(location.href);
    notify({ intent: 'success', title: t('share.copied'), body: t('share.what') });
  };
  return (
    <>
      <PageHeader
        icon={<BeakerRegular />}
        title={experiment.name}
        description={experiment.description}
        actions={
          <>
            {canWrite && (
              <Tooltip content={t('rename')} relationship="label">
                <Button appearance="subtle" icon={<EditRegular />} onClick={() => setDialog('rename')} />
              </Tooltip>
            )}
            <Button appearance="subtle" icon={<AlertRegular />} onClick={() => setDialog('notify')}>
              {t('notify.label')}
            </Button>
            <Button appearance="subtle" icon={<ShareRegular />} onClick={() => void share()}>
              {t('share.label')}
            </Button>
            {canWrite && (
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('more')} />
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <MenuItem icon={<EditRegular />} onClick={() => setDialog('rename')}>
                    {t('rename')}
                  </MenuItem>
                  <MenuItem icon={<DeleteRegular />} onClick={() => setDialog('delete')}>
                    {t('delete.label')}
                  </MenuItem>
                </MenuList>
              </MenuPopover>
            </Menu>
            )}
          </>
        }
      />
      <NoticeRules experiment={experiment} open={dialog === 'notify'} onClose={() => setDialog(null)} />
      <NameDialog
        open={dialog === 'rename'}
        title={t('rename')}
        submitLabel={t('shell:save')}
        initialName={experiment.name}
        initialDescription={experiment.description}
        onSubmit={(named) => update.mutateAsync({ workspace, experiment: id, ...named })}
        onClose={() => setDialog(null)}
      />
      <ConfirmDialog
        open={dialog === 'delete'}
        danger
        title={t('delete.title', { name: experiment.name })}
        confirmLabel={t('shell:delete')}
        onConfirm={async () => {
          await remove.mutateAsync({ workspace, experiment: id });
          notify({ intent: 'success', title: t('delete.done', { name: experiment.name }) });
          void navigate(path`/workspaces/${workspace}`);
        }}
        onClose={() => setDialog(null)}
      >
        {t('delete.text', { count: experiment.run_count })}
      </ConfirmDialog>
    </>
  );
}
