/** Upload files, or a folder with what is in it, into a folder of the workspace; asks before it replaces any file. */
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createFolder, listFiles, uploadFile } from '../../api/files';
import { errorDetail, errorTitle, isNotFound } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { plan, type Placed, type Upload } from './uploads';

export function useFileUpload(workspace: string, onDone: () => void) {
  const { t } = useTranslation('files');
  const { notify } = useNotices();
  const [progress, setProgress] = useState<number | null>(null);
  const abort = useRef<AbortController | null>(null);
  const [waiting, setWaiting] = useState<(Upload & { existing: string[] }) | null>(null);
  const fail = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });

  const write = async ({ folder, folders, files, hidden }: Upload) => {
    setProgress(0);
    const { signal } = (abort.current = new AbortController());
    const total = files.reduce((sum, { file }) => sum + file.size, 0) || 1;
    let [written, count] = [0, 0];
    try {
      for (const one of folders) await createFolder(workspace, one);
      for (const { path, file } of files) {
        const before = written;
        await uploadFile(workspace, path, file, (part) => setProgress((before + part * file.size) / total), signal);
        written += file.size;
        count += 1;
      }
      notify({
        intent: 'success',
        title: t(count || !folders.length ? 'uploaded' : 'foldersCreated', { count: count || folders.length, folder }),
        body: hidden ? t('hiddenLeftOut', { count: hidden }) : undefined,
      });
    } catch (error) {
      if (signal.aborted) notify({ intent: 'info', title: t('uploadCancelled', { count, total: files.length }) });
      else fail(error);
    }
    setProgress(null);
    onDone();
  };
  /** The paths of files that the upload would replace. */
  const existing = async ({ folder, folders, files }: Upload) => {
    const there = new Set<string>();
    for (const one of [folder, ...folders]) {
      try {
        for (const { path } of await listFiles(workspace, one)) there.add(path);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return files.map(({ path }) => path).filter((path) => there.has(path));
  };
  const check = async (asked: Upload) => {
    try {
      const found = await existing(asked);
      if (found.length) setWaiting({ ...asked, existing: found });
      else await write(asked);
    } catch (error) {
      fail(error);
    }
  };
  return {
    progress,
    /** Paths, relative to the folder, that the waiting upload would replace. */
    existing: waiting?.existing.map((path) => path.slice(waiting.folder.length + 1)) ?? [],
    start: (folder: string, chosen: readonly Placed[]) => {
      const asked = plan(folder, chosen);
      if (asked.files.length || asked.folders.length) void check(asked);
    },
    /** End the upload that goes on; nothing is kept of the file that was on its way. */
    stop: () => abort.current?.abort(),
    replace: () => {
      if (waiting) void write(waiting);
      setWaiting(null);
    },
    cancel: () => setWaiting(null),
  };
}
