/** Uploads notebooks one after the other and tells how it went. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { itemPath, useCreateItem, type ItemKey } from '../../api/items';
import type { Item } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { nameOf, readUpload } from './upload';

export interface Uploading {
  done: number;
  total: number;
}

export function useUpload(workspace: string, items: readonly Item[]) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const { notify } = useNotices();
  const create = useCreateItem();
  const [uploading, setUploading] = useState<Uploading | null>(null);

  const upload = async (files: File[]) => {
    if (!files.length || uploading) return;
    const taken = items.filter((item) => item.kind === 'notebook').map((item) => item.name);
    const made: { key: ItemKey; name: string }[] = [];
    setUploading({ done: 0, total: files.length });
    for (const [index, file] of files.entries()) {
      const content = readUpload(file.name, await file.text());
      if (content) {
        const name = nameOf(file.name, taken);
        try {
          made.push({ key: await create.mutateAsync({ kind: 'notebook', workspace, name, content }), name });
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
      setUploading({ done: index + 1, total: files.length });
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
