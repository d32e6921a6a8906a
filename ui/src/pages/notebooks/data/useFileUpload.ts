/** Upload files into a folder of the workspace; asks before it replaces any. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listFiles, uploadFile } from '../../../api/files';
import { errorDetail, errorTitle } from '../../../lib/errors';
import { useNotices } from '../../../lib/notices';

interface Waiting {
  folder: string;
  files: File[];
}

export function useFileUpload(workspace: string, onDone: () => void) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const [progress, setProgress] = useState<number | null>(null);
  const [waiting, setWaiting] = useState<(Waiting & { existing: string[] }) | null>(null);

  const write = async ({ folder, files }: Waiting) => {
    setProgress(0);
    try {
      for (const [at, file] of files.entries()) {
        await uploadFile(workspace, `${folder}/${file.name}`, file, (part) => setProgress((at + part) / files.length));
      }
      notify({ intent: 'success', title: t('data.uploaded', { count: files.length, folder }) });
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    }
    setProgress(null);
    onDone();
  };
  const check = async (asked: Waiting) => {
    try {
      const there = new Set((await listFiles(workspace, asked.folder)).map(({ name }) => name));
      const existing = asked.files.map(({ name }) => name).filter((name) => there.has(name));
      if (existing.length) setWaiting({ ...asked, existing });
      else await write(asked);
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    }
  };
  return {
    progress,
    /** Names that the waiting upload would replace. */
    existing: waiting?.existing ?? [],
    start: (folder: string, files: File[]) => {
      if (files.length) void check({ folder, files });
    },
    replace: () => {
      if (waiting) void write(waiting);
      setWaiting(null);
    },
    cancel: () => setWaiting(null),
  };
}
