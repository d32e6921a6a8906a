/** Delete runs with an Undo; if they have children, first ask whether to include these. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useCallback, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useDeleteRuns } from '../../api/runs';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ReturnFocus } from '../../parts/ReturnFocus';

export interface RemovableRun {
  run_id: string;
  name: string;
  children: number;
}

/** What to call with the runs to delete, and the dialog to put on the page. */
export function useRunDeletion(workspace: string, onDeleted: (ids: string[]) => void): { remove: (runs: RemovableRun[]) => void; dialog: ReactNode } {
  const { t } = useTranslation(['runs', 'shell']);
  const { notify } = useNotices();
  const { mutateAsync } = useDeleteRuns();
  const [asked, setAsked] = useState<RemovableRun[] | null>(null);
  const carryOut = useCallback(
    async (runs: RemovableRun[], children: boolean) => {
      setAsked(null);
      const failed = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
      try {
        const { runs: ids } = await mutateAsync({ workspace, runs: runs.map((run) => run.run_id), children });
        const undo = () => {
          mutateAsync({ workspace, runs: ids, restore: true })
            .then(() => notify({ intent: 'success', title: t('restored', { count: ids.length, name: runs[0]?.name }) }))
            .catch(failed);
        };
        onDeleted(ids);
        notify({ intent: 'success', title: t('deleted', { count: ids.length, name: runs[0]?.name }), action: { label: t('undo'), run: undo } });
      } catch (error) {
        failed(error);
      }
    },
    [mutateAsync, notify, onDeleted, t, workspace],
  );
  const remove = useCallback(
    (runs: RemovableRun[]) => {
      if (runs.some((run) => run.children > 0)) setAsked(runs);
      else void carryOut(runs, false);
    },
    [carryOut],
  );
  const dialog = asked && (
    <Dialog open modalType="alert" onOpenChange={() => setAsked(null)}>
      <DialogSurface>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{t('deleteParents.title', { count: asked.length, name: asked[0]?.name })}</DialogTitle>
          <DialogContent>{t('deleteParents.text', { count: asked.reduce((sum, run) => sum + run.children, 0) })}</DialogContent>
          <DialogActions fluid>
            <Button appearance="primary" className="hl-danger" onClick={() => void carryOut(asked, true)}>
              {t('deleteParents.all')}
            </Button>
            <Button onClick={() => void carryOut(asked, false)}>{t('deleteParents.alone')}</Button>
            <Button onClick={() => setAsked(null)}>{t('shell:cancel')}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
  return { remove, dialog };
}
