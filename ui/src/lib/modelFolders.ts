/** Looks for folders that hold a model in a tree that is read folder by folder. */

interface Folder {
  path: string;
  is_dir: boolean;
  model: boolean;
}

const MOST_READ = 40;
const DEEPEST = 3;

/** Paths of model folders, the highest first; a model folder is not looked into. */
export async function findModelFolders(list: (folder: string) => Promise<Folder[]>): Promise<string[]> {
  const found: string[] = [];
  let level = [''];
  let read = 0;
  for (let depth = 0; depth <= DEEPEST && level.length; depth++) {
    const now = level.slice(0, MOST_READ - read);
    read += now.length;
    const entries = (await Promise.all(now.map(list))).flat().filter((entry) => entry.is_dir);
    found.push(...entries.filter((entry) => entry.model).map((entry) => entry.path));
    level = entries.filter((entry) => !entry.model).map((entry) => entry.path);
  }
  return found;
}
