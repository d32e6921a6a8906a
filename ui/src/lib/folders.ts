/** Folders of a workspace's list as a tree. Pure. */

export interface FolderPlace {
  id: string;
  parent: string;
  name: string;
}

/** The folders from the top down to the one with this id, which is the last. Empty: there is none. */
export function folderPath(folders: readonly FolderPlace[], id: string): FolderPlace[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const found: FolderPlace[] = [];
  for (let at = byId.get(id); at && !found.includes(at); at = byId.get(at.parent)) found.unshift(at);
  return found;
}

/** Its name with those of the folders around it: "sweeps / 2026". */
export function fullName(folders: readonly FolderPlace[], id: string): string {
  return folderPath(folders, id)
    .map((folder) => folder.name)
    .join(' / ');
}

/** Whether a folder may move into `target`: not into itself, what is in it, or where it is. */
export function mayMoveInto(folders: readonly FolderPlace[], id: string, target: string): boolean {
  const folder = folders.find((one) => one.id === id);
  return folder !== undefined && folder.parent !== target && folderPath(folders, target).every((one) => one.id !== id);
}
