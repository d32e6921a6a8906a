/** A notice that something was done to runs, with an Undo that says whether it worked. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';

export function useUndoNotice(): (title: string, undo: () => Promise<unknown>) => void {
  const { t } = useTranslation(['experiments', 'runs']);
  const { notify } = useNotices();
  return useCallback(
    (title, undo) => {
      const run = () =>
        void undo().then(
          () => notify({ intent: 'success', title: t('bulk.undone') }),
          (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
        );
      notify({ intent: 'success', title, action: { label: t('runs:undo'), run } });
    },
    [notify, t],
  );
}
