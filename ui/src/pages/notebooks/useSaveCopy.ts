/** Save the open content as a new notebook. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useCreateNotebook } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { ApiError, errorDetail } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import type { NotebookHost } from './lab/notebookHost';

const TRIES = 20;

/** Makes a notebook under the first free name: "X (copy)", "X (copy 2)", ... */
export function useCreateFree() {
  const create = useCreateNotebook();
  const { mutateAsync } = create;
  return useCallback(
    async (workspace: string, nameOf: (n: number) => string, content: Record<string, unknown>) => {
      for (let n = 1; ; n += 1) {
        try {
          return await mutateAsync({ workspace, name: nameOf(n), content });
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 'already_exists' || n >= TRIES) throw error;
        }
      }
    },
    [mutateAsync],
  );
}

export function useSaveCopy(record: Notebook, host: NotebookHost) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const createFree = useCreateFree();
  return useCallback(async (): Promise<Notebook | null> => {
    const content: Record<string, unknown> = JSON.parse(JSON.stringify(host.panel.context.model.toJSON()));
    const nameOf = (n: number) => t(n === 1 ? 'copyName' : 'copyNameN', { name: record.name, n });
    try {
      const copy = await createFree(record.workspace, nameOf, content);
      notify({
        intent: 'success',
        title: t('copied', { name: copy.name }),
        link: { label: t('openCopy'), to: path`/workspaces/${copy.workspace}/notebooks/${copy.id}` },
      });
      return copy;
    } catch (error) {
      notify({ intent: 'error', title: t('copyFailed'), body: errorDetail(error) });
      return null;
    }
  }, [record, host, t, notify, createFree]);
}
