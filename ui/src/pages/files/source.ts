/** The files of a workspace as a tree, and what can be done with each of its nodes. */
import { fileAddress, listFiles } from '../../api/files';
import { lakeId } from '../../api/tables';
import type { FileNode, Source } from '../../parts/files/source';

export const FILES = 'Files';

export function folder(name: string, at = name): FileNode {
  return { path: at, name, is_dir: true, size: null, model: false };
}

/** The files of a workspace, by folder. */
export function filesSource(workspace: string): Source {
  return {
    id: lakeId(workspace),
    list: (at) => listFiles(workspace, at),
    content: (file, download) => fileAddress(workspace, file, download ? 'download' : 'show'),
    page: (file) => fileAddress(workspace, file, 'scripts'),
  };
}

/** The folder that an upload goes to: the selected one, or that of the selected file. */
export function uploadFolder(node: FileNode | null): string {
  if (node?.path !== FILES && !node?.path.startsWith(`${FILES}/`)) return FILES;
  return node.is_dir ? node.path : folderOf(node);
}

/** A file or folder by its path alone. */
export function nodeAt(path: string): Pick<FileNode, 'path' | 'name'> {
  return { path, name: path.split('/').at(-1) ?? '' };
}

/** The folder that a node is in. */
export function folderOf({ path }: Pick<FileNode, 'path'>): string {
  return path.split('/').slice(0, -1).join('/');
}

/** Whether a node is a file or folder below `Files`, which can be renamed, moved and deleted. */
export function isFile(node: FileNode): boolean {
  return node.path.startsWith(`${FILES}/`);
}

/** Whether a node can be moved into a folder: not where it is already, and not into itself. */
export function canMoveTo(node: Pick<FileNode, 'path'>, target: string): boolean {
  return target !== folderOf(node) && target !== node.path && !target.startsWith(`${node.path}/`);
}
