/** The menu of an environment: make it the default, rename it, delete it. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { DeleteRegular, MoreHorizontalRegular, RenameRegular, StarOffRegular, StarRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeEnvironment, useDeleteEnvironment, useEnvironments } from '../../api/environments';
import type { Environment } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';

export function EnvironmentActions({ environment }: { environment: Environment }) {
  const { t } = useTranslation('settings');
  const { notify } = useNotices();
  const change = useChangeEnvironment();
  const remove = useDeleteEnvironment();
  const { data } = useEnvironments(environment.workspace);
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  const { id, workspace, name, is_default: isDefault, notebooks } = environment;
  const at = { workspace, environment: id };
  return (
    <>
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button
            size="small"
            appearance="subtle"
            icon={<MoreHorizontalRegular />}
            aria-label={t('environment.more', { name })}
          />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              icon={isDefault ? <StarOffRegular /> : <StarRegular />}
              onClick={() =>
                change.mutate(
                  { ...at, default: !isDefault },
                  { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) },
                )
              }
            >
              {t(isDefault ? 'environment.unmakeDefault' : 'environment.makeDefault')}
            </MenuItem>
            <MenuItem icon={<RenameRegular />} onClick={() => setAsked('rename')}>
              {t('environment.rename')}
            </MenuItem>
            <MenuItem icon={<DeleteRegular />} onClick={() => setAsked('delete')}>
              {t('environment.delete')}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <NameDialog
        open={asked === 'rename'}
        title={t('environment.renameTitle')}
        submitLabel={t('environment.rename')}
        initialName={name}
        withDescription={false}
        taken={data?.filter((one) => one.id !== id).map((one) => one.name) ?? []}
        onSubmit={(named) => change.mutateAsync({ ...at, name: named.name })}
        onClose={() => setAsked(null)}
      />
      <ConfirmDialog
        open={asked === 'delete'}
        title={t('environment.deleteTitle', { name })}
        confirmLabel={t('environment.delete')}
        danger
        onConfirm={() => remove.mutateAsync(environment)}
        onClose={() => setAsked(null)}
      >
        {t('environment.deleteText')}{' '}
        {notebooks > 0 && t('environment.deleteChosen', { count: notebooks })}
      </ConfirmDialog>
    </>
  );
}
