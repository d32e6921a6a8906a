/** Unpacks an archive in the browser into notebooks and files of the workspace, and tells what was left out. */
import { useTranslation } from 'react-i18next';
import { createFolder, listFiles, uploadFile } from '../../api/files';
import { errorDetail } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { listZip, ZipError } from '../../lib/zip';
import { folderOf, foldersOf, isPointer, MAX_POINTER, planArchive, type ArchivePlan } from './archive';
import { readNotebook } from './upload';

/** How many of the entries that were left out are named. */
const NAMED = 5;

interface Steps {
  /** Makes a notebook with a free name. */
  create: (file: string, content: Record<string, unknown>) => Promise<unknown>;
  /** How many entries follow, before the first of them. */
  onTotal: (entries: number) => void;
  onDone: () => void;
}

async function freeFolder(workspace: string, archive: string): Promise<string> {
  await createFolder(workspace, 'Files');
  const there = await listFiles(workspace, 'Files');
  return folderOf(archive, there.map(({ name }) => name));
}

export function useArchiveUpload(workspace: string) {
  const { t } = useTranslation('workspaces');
  const { notify } = useNotices();

  /** Why something failed, in words. */
  const reason = (error: unknown) => (error instanceof ZipError ? t(`upload.zip.${error.problem}`) : errorDetail(error));

  const unpack = async (archive: string, { notebooks, files, leftOut }: ArchivePlan, { create, onDone }: Steps) => {
    const problems = leftOut.map(({ path, why }) => t('upload.entry', { path, why: t(`upload.why.${why}`) }));
    let made = 0;
    let written = 0;
    for (const entry of notebooks) {
      try {
        const content = readNotebook(await (await entry.read()).text());
        if (content) {
          await create(entry.path.split('/').at(-1) ?? entry.path, content);
          made += 1;
        } else problems.push(t('upload.entry', { path: entry.path, why: t('upload.why.notNotebook') }));
      } catch (error) {
        problems.push(t('upload.entry', { path: entry.path, why: reason(error) }));
      }
      onDone();
    }
    const folder = files.length > 0 ? await freeFolder(workspace, archive) : '';
    for (const one of folder ? foldersOf(folder, files.map(({ path }) => path)) : []) await createFolder(workspace, one);
    for (const entry of files) {
      try {
        const content = await entry.read();
        if (content.size < MAX_POINTER && isPointer(await content.text())) {
          problems.push(t('upload.entry', { path: entry.path, why: t('upload.why.pointer') }));
        } else {
          await uploadFile(workspace, `${folder}/${entry.path}`, content, () => undefined);
          written += 1;
        }
      } catch (error) {
        problems.push(t('upload.entry', { path: entry.path, why: reason(error) }));
      }
      onDone();
    }
    const parts = [
      made > 0 && t('upload.notebooks', { count: made }),
      written > 0 && t('upload.files', { count: written, folder }),
    ].filter(Boolean);
    if (parts.length > 0) notify({ intent: 'success', title: t('upload.unpacked', { name: archive }), body: parts.join(' ') });
    if (problems.length > 0) {
      const more = problems.length > NAMED ? [t('upload.more', { count: problems.length - NAMED })] : [];
      const title = t('upload.leftOut', { name: archive, count: problems.length });
      notify({ intent: 'warning', title, body: [...problems.slice(0, NAMED), ...more].join(' ') });
    } else if (parts.length === 0) notify({ intent: 'warning', title: t('upload.empty', { name: archive }) });
  };

  return async (file: File, steps: Steps): Promise<void> => {
    try {
      const plan = planArchive(await listZip(file));
      steps.onTotal(plan.notebooks.length + plan.files.length);
      await unpack(file.name, plan, steps);
    } catch (error) {
      notify({ intent: 'error', title: t('upload.failed', { name: file.name }), body: reason(error) });
    }
  };
}
