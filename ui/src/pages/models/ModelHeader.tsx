/** Header of a model: name, description and actions. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { BrainCircuitRegular, DeleteRegular, EditRegular, MoreHorizontalRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../api/client';
import { useDeleteModel, useUpdateModel } from '../../api/models';
import type { ModelView } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { PageHeader } from '../../parts/PageHeader';

export function ModelHeader({ model }: { model: ModelView }) {
  const { t } = useTranslation(['models', 'shell']);
  const { notify } = useNotices();
  const navigate = useNavigate();
  const update = useUpdateModel();
  const remove = useDeleteModel();
  const canWrite = useCanWrite(model.workspace);
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const { workspace, name } = model;
  return (
    <>
      <PageHeader
        icon={<BrainCircuitRegular />}
        title={name}
        description={model.description}
        actions={
          canWrite && (
          <>
            <Tooltip content={t('rename')} relationship="label">
              <Button appearance="subtle" icon={<EditRegular />} onClick={() => setDialog('rename')} />
            </Tooltip>
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('more')} />
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <MenuItem icon={<DeleteRegular />} onClick={() => setDialog('delete')}>
                    {t('delete.label')}
                  </MenuItem>
                </MenuList>
              </MenuPopover>
            </Menu>
          </>
          )
        }
      />
      <NameDialog
        open={dialog === 'rename'}
        title={t('rename')}
        submitLabel={t('shell:save')}
        initialName={name}
        initialDescription={model.description}
        onSubmit={async (named) => {
          const body = { description: named.description, name: named.name === name ? undefined : named.name };
          await update.mutateAsync({ workspace, model: name, ...body });
          if (body.name) void navigate(path`/workspaces/${workspace}/models/${body.name}`, { replace: true });
        }}
        onClose={() => setDialog(null)}
      />
      <ConfirmDialog
        open={dialog === 'delete'}
        danger
        title={t('delete.title', { name })}
        confirmLabel={t('shell:delete')}
        onConfirm={async () => {
          await remove.mutateAsync({ workspace, model: name });
          notify({ intent: 'success', title: t('delete.done', { name }) });
          void navigate(path`/workspaces/${workspace}`);
        }}
        onClose={() => setDialog(null)}
      >
        {t('delete.text', { count: model.versions.length })}
      </ConfirmDialog>
    </>
  );
}
