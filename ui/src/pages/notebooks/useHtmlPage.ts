/** The notebook as an HTML page, which the server writes from the saved file: as a download, or to be printed. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { getContent } from '../../api/client';
import { htmlAddress } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { saveFile } from '../../lib/fileSave';
import { useNotices } from '../../lib/notices';
import { openInNewTab } from '../../lib/pathPrefix';
import type { NotebookHost } from './lab/notebookHost';

export function useHtmlPage({ workspace, id, name }: Notebook, host: NotebookHost, canWrite: boolean) {
  const { t, i18n } = useTranslation('notebooks');
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
  const download = useCallback(() => attempt(async () => saveFile(`${name}.html`, await getContent(htmlAddress(workspace, id, i18n.language)))), [attempt, workspace, id, name, i18n]);
  const print = useCallback(() => attempt(() => openInNewTab(`/api/v1${htmlAddress(workspace, id, i18n.language, true)}`)), [attempt, workspace, id, i18n]);
  return { download, print };
}
