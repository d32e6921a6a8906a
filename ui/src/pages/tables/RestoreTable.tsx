/** Ask before a version of a table becomes the newest one; the notice afterwards can undo it. */
import { useTranslation } from 'react-i18next';
import { useQueryClient } from '@tanstack/react-query';
import { tableQuery, useRestoreTable, type TablePlace } from '../../api/tables';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';

interface Props {
  place: TablePlace;
  version: number;
  onRestored: () => void;
  onClose: () => void;
}

export function RestoreTable({ place, version, onRestored, onClose }: Props) {
  const { t } = useTranslation(['tables', 'workspaces']);
  const client = useQueryClient();
  const restore = useRestoreTable();
  const { notify } = useNotices();
  const name = `${place.schema}.${place.table}`;
  const undo = async (before: number) => {
    try {
      await restore.mutateAsync({ ...place, version: before });
      notify({ intent: 'success', title: t('tables:restore.undone', { name, version: before }) });
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    }
  };
  const run = async () => {
    const { version: before } = await client.fetchQuery(tableQuery(place, null));
    const after = await restore.mutateAsync({ ...place, version });
    onRestored();
    notify({
      intent: 'success',
      title: t('tables:restore.done', { name, version, after: after.version }),
      action: before === null || before === undefined ? undefined : { label: t('workspaces:bin.undo'), run: () => void undo(before) },
    });
  };
  return (
    <ConfirmDialog open title={t('tables:restore.ask', { name, version })} confirmLabel={t('tables:restore.button')} onConfirm={run} onClose={onClose}>
      {t('tables:restore.text')}
    </ConfirmDialog>
  );
}
