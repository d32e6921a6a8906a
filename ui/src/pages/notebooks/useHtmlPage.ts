/** The notebook as an HTML page, which the server writes from the saved file: as a download, or to be printed. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { getHtml } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { saveFile } from '../../lib/fileSave';
import { useNotices } from '../../lib/notices';
import { openInNewTab } from '../../lib/pathPrefix';
import type { NotebookHost } from './lab/notebookHost';

export function useHtmlPage({ workspace, id, name }: Notebook, host: NotebookHost, canWrite: boolean) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const attempt = useCallback(
    async (act: () => unknown) => {
      try {
        if (canWrite) await host.saver.save();
        await act();
      } catch (error) {
        notify({ intent: 'error', title: t('html.failed'), body: errorDetail(error) });
      }
    },
    [host, canWrite, t, notify],
  );
  const download = useCallback(() => attempt(async () => saveFile(`${name}.html`, await getHtml(workspace, id))), [attempt, workspace, id, name]);
  const print = useCallback(() => attempt(() => openInNewTab(`/api/v1${path`/workspaces/${workspace}/notebooks/${id}/html`}?print=true`)), [attempt, workspace, id]);
  return { download, print };
}
