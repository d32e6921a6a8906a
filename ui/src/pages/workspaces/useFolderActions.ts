/** What a person does to folders, each told in a notice that can undo it. */
import { useTranslation } from 'react-i18next';
import { TOP, useFolderChanges } from '../../api/folders';
import type { Item, ItemFolder } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { fullName } from '../../lib/folders';
import { useNotices } from '../../lib/notices';

export function useFolderActions(workspace: string, workspaceName: string, folders: readonly ItemFolder[]) {
  const { t } = useTranslation('workspaces');
  const { notify } = useNotices();
  const { create, change, remove, move } = useFolderChanges(workspace);
  const fail = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
  const nameOf = (id: string) => (id === TOP ? workspaceName : fullName(folders, id));
  /** A notice whose button takes back what was done. */
  const tell = (title: string, back: () => Promise<unknown>) =>
    notify({
      intent: 'success',
      title,
      action: { label: t('bin.undo'), run: () => void back().then(() => notify({ intent: 'success', title: t('folders.undone') }), fail) },
    });

  const moveItems = async (items: readonly Item[], folder: string, name = nameOf(folder)) => {
    const moved = items.filter((item) => item.folder !== folder);
    if (!moved.length) return;
    await move({ items: moved, folder });
    tell(t('folders.moved', { count: moved.length, name }), async () => {
      for (const home of new Set(moved.map((item) => item.folder))) await move({ items: moved.filter((item) => item.folder === home), folder: home });
    });
  };
  const moveFolder = async (folder: ItemFolder, parent: string, name = nameOf(parent)) => {
    if (folder.parent === parent) return;
    await change({ id: folder.id, parent });
    tell(t('folders.movedFolder', { folder: folder.name, name }), () => change({ id: folder.id, parent: folder.parent }));
  };
  return {
    fail,
    moveItems,
    moveFolder,
    create: (name: string, parent: string) => create({ name, parent }),
    rename: async (folder: ItemFolder, name: string) => {
      if (name === folder.name) return;
      await change({ id: folder.id, name });
      tell(t('folders.renamed', { name }), () => change({ id: folder.id, name: folder.name }));
    },
    /** Remove a folder; what was in it is where the folder was. */
    remove: async (folder: ItemFolder) => {
      const contents = await remove(folder.id);
      tell(t('folders.removed', { name: folder.name }), () => create({ name: folder.name, parent: folder.parent, ...contents }));
    },
  };
}
