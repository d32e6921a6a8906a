/** Upload files, or a folder with what is in it, into a folder of the workspace; asks before it replaces any file. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createFolder, listFiles, uploadFile } from '../../../api/files';
import { errorDetail, errorTitle, isNotFound } from '../../../lib/errors';
import { useNotices } from '../../../lib/notices';
import { plan, type Upload } from './uploads';

export function useFileUpload(workspace: string, onDone: () => void) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const [progress, setProgress] = useState<number | null>(null);
  const [waiting, setWaiting] = useState<(Upload & { existing: string[] }) | null>(null);
  const fail = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });

  const write = async ({ folder, folders, files, hidden }: Upload) => {
    setProgress(0);
    const total = files.reduce((sum, { file }) => sum + file.size, 0) || 1;
    try {
      let written = 0;
      for (const one of folders) await createFolder(workspace, one);
      for (const { path, file } of files) {
        const before = written;
        await uploadFile(workspace, path, file, (part) => setProgress((before + part * file.size) / total));
        written += file.size;
      }
      notify({
        intent: 'success',
        title: t('data.uploaded', { count: files.length, folder }),
        body: hidden ? t('data.hiddenLeftOut', { count: hidden }) : undefined,
      });
    } catch (error) {
      fail(error);
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
    start: (folder: string, files: File[]) => {
      const asked = plan(folder, files);
      if (asked.files.length) void check(asked);
    },
    replace: () => {
      if (waiting) void write(waiting);
      setWaiting(null);
    },
    cancel: () => setWaiting(null),
  };
}
