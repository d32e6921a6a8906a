/** Ask for the name of a table before it goes to the bin. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRestoreItem } from '../../api/bin';
import { useDeleteTable, type TablePlace } from '../../api/tables';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';

interface Props {
  place: TablePlace;
  isView?: boolean;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteTable({ place, isView = false, onDeleted, onClose }: Props) {
  const { t } = useTranslation(['tables', 'workspaces', 'shell']);
  const remove = useDeleteTable();
  const restore = useRestoreItem();
  const { notify } = useNotices();
  const [typed, setTyped] = useState('');
  const name = `${place.schema}.${place.table}`;
  return (
    <ConfirmDialog
      open
      danger
      title={t(isView ? 'tables:removeView.ask' : 'tables:remove.ask', { name })}
      confirmLabel={t('shell:delete')}
      disabled={typed.trim() !== place.table}
      onConfirm={async () => {
        const { table, kind } = await remove.mutateAsync(place);
        const undo = () =>
          restore.mutate(
            { workspace: place.workspace, kind, id: table },
            { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) },
          );
        notify({
          intent: 'success',
          title: t(isView ? 'tables:removeView.done' : 'tables:remove.done', { name }),
          action: { label: t('workspaces:bin.undo'), run: undo },
        });
        onDeleted();
      }}
      onClose={onClose}
    >
      <p style={{ marginTop: 0 }}>{t(isView ? 'tables:removeView.text' : 'tables:remove.text')}</p>
      <Field label={t(isView ? 'tables:removeView.type' : 'tables:remove.type', { name: place.table })} required>
        <Input autoFocus autoComplete="off" value={typed} onChange={(_, { value }) => setTyped(value)} />
      </Field>
    </ConfirmDialog>
  );
}
