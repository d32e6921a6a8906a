/** Drops on a tree of files: those of the person's disk are uploaded where they are dropped, those of the workspace move there. */
import { useTranslation } from 'react-i18next';
import { moveFile } from '../../api/files';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import type { Drops } from '../../parts/files/FileTree';
import { canMoveTo, FILES, folderOf, isFile, nodeAt, uploadFolder } from './source';
import { dropped, type Placed } from './uploads';

/** The type of a drag that carries the path of a file or folder. */
export const FILE_TYPE = 'application/x-handloom-file';

export function useFileDrops(
  workspace: string,
  onFiles: (folder: string, files: Placed[]) => void,
  onMoved: (from: string, to: string) => void,
): Drops {
  const { t } = useTranslation(['files', 'workspaces']);
  const { notify } = useNotices();
  const fail = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
  const move = async (from: string, folder: string, isUndo = false) => {
    const { name } = nodeAt(from);
    const to = `${folder}/${name}`;
    try {
      await moveFile(workspace, from, to);
    } catch (error) {
      fail(error);
      return;
    }
    onMoved(from, to);
    if (isUndo) return;
    const undo = () => void move(to, folderOf({ path: from }), true);
    notify({ intent: 'success', title: t('files:moved', { name, folder }), action: { label: t('workspaces:bin.undo'), run: undo } });
  };
  return {
    accepts: (types) => types.includes('Files') || types.includes(FILE_TYPE),
    folderOf: (node) => (node && node.path !== FILES && !isFile(node) ? null : uploadFolder(node)),
    onDrop: (folder, data) => {
      const from = data.getData(FILE_TYPE);
      if (!from) dropped(data).then((files) => onFiles(folder, files), fail);
      else if (canMoveTo(nodeAt(from), folder)) void move(from, folder);
    },
  };
}
