/** Downloads the notebook as an HTML file, which the server writes from the saved file. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { getHtml } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { saveFile } from '../../lib/fileSave';
import { useNotices } from '../../lib/notices';
import type { NotebookHost } from './lab/notebookHost';

export function useDownloadHtml({ workspace, id, name }: Notebook, host: NotebookHost, canWrite: boolean) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  return useCallback(async () => {
    try {
      if (canWrite) await host.saver.save();
      saveFile(`${name}.html`, await getHtml(workspace, id));
    } catch (error) {
      notify({ intent: 'error', title: t('html.failed'), body: errorDetail(error) });
    }
  }, [workspace, id, name, host, canWrite, t, notify]);
}
