/** Deletes runs at once and offers to bring them back: undo instead of "really?". */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useDeleteRuns } from '../../api/runs';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';

interface Doomed {
  run_id: string;
  name: string;
}

export function useRunDeletion(workspace: string, onDeleted: (ids: string[]) => void) {
  const { t } = useTranslation(['runs', 'shell']);
  const { notify } = useNotices();
  const { mutateAsync } = useDeleteRuns();
  return useCallback(
    async (runs: Doomed[]) => {
      const ids = runs.map((run) => run.run_id);
      const failed = (error: unknown) => notify({ intent: 'error', title: errorTitle(error, t), body: errorDetail(error) });
      const undo = () => {
        mutateAsync({ workspace, runs: ids, restore: true })
          .then(() => notify({ intent: 'success', title: t('restored', { count: ids.length, name: runs[0]?.name }) }))
          .catch(failed);
      };
      try {
        await mutateAsync({ workspace, runs: ids });
        onDeleted(ids);
        notify({
          intent: 'success',
          title: t('deleted', { count: ids.length, name: runs[0]?.name }),
          action: { label: t('undo'), run: undo },
        });
      } catch (error) {
        failed(error);
      }
    },
    [mutateAsync, notify, onDeleted, t, workspace],
  );
}
