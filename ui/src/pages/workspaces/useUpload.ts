/** Uploads notebooks one after the other and tells how it went. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { itemPath, useCreateItem, type ItemKey } from '../../api/items';
import type { Item } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { useArchiveUpload } from './useArchiveUpload';
import { nameOf, readUpload } from './upload';

export interface Uploading {
  done: number;
  total: number;
}

export function useUpload(workspace: string, items: readonly Item[], folder = '') {
  const { t } = useTranslation(['workspaces', 'shell']);
  const { notify } = useNotices();
  const create = useCreateItem();
  const uploadArchive = useArchiveUpload(workspace);
  const [uploading, setUploading] = useState<Uploading | null>(null);

  const upload = async (files: File[]) => {
    if (!files.length || uploading) return;
    const taken = items.filter((item) => item.kind === 'notebook').map((item) => item.name);
    const made: { key: ItemKey; name: string }[] = [];
    setUploading({ done: 0, total: files.length });
    const step = () => setUploading((now) => now && { ...now, done: now.done + 1 });
    for (const file of files) {
      if (/\.zip$/i.test(file.name)) {
        await uploadArchive(file, {
          create: async (entry, content) => {
            const name = nameOf(entry, taken);
            await create.mutateAsync({ kind: 'notebook', workspace, folder, name, content });
            taken.push(name);
          },
          onTotal: (entries) => setUploading((now) => now && { ...now, total: now.total + entries }),
          onDone: step,
        });
        step();
        continue;
      }
      const content = readUpload(file.name, await file.text());
      if (content) {
        const name = nameOf(file.name, taken);
        try {
          made.push({ key: await create.mutateAsync({ kind: 'notebook', workspace, folder, name, content }), name });
          taken.push(name);
        } catch (error) {
          notify({
            intent: 'error',
            title: t('upload.failed', { name: file.name }),
            body: `${errorTitle(error)} ${errorDetail(error)}`,
          });
        }
      } else {
        notify({ intent: 'error', title: t('upload.failed', { name: file.name }), body: t('upload.notNotebook') });
      }
      step();
    }
    setUploading(null);
    const [first] = made;
    if (!first) return;
    const one = made.length === 1;
    notify({
      intent: 'success',
      title: one ? t('upload.one', { name: first.name }) : t('upload.many', { count: made.length }),
      ...(one && { link: { label: t('upload.open'), to: itemPath(first.key) } }),
    });
  };
  return { upload, uploading };
}
