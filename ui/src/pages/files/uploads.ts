/** What an upload writes: the folders to create, and the path of each file. */

export interface Upload {
  /** The folder of the workspace that it goes to. */
  folder: string;
  /** Folders to create, each after the one that it is in. */
  folders: string[];
  files: { path: string; file: File }[];
  /** How many hidden files are left out, such as those that operating systems put into folders. */
  hidden: number;
}

/** A chosen or dropped file with its path below the folder that it goes to; null is a folder itself. */
export interface Placed {
  inside: string;
  file: File | null;
}

/** Files that a person chose. Those of a chosen folder have a path in it, and keep it. */
export function placed(chosen: readonly File[]): Placed[] {
  return chosen.map((file) => ({ inside: file.webkitRelativePath || file.name, file }));
}

/** What a person dropped, with what is in dropped folders. Call it in the event itself: its items are gone afterwards. */
export async function dropped(data: DataTransfer): Promise<Placed[]> {
  const items = [...data.items].filter(({ kind }) => kind === 'file').map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = items.map(({ entry, file }) => {
    if (entry) return read(entry, entry.name);
    return file ? placed([file]) : []; // made by a script, such as a picture dragged from another page
  });
  return (await Promise.all(found)).flat();
}

async function read(entry: FileSystemEntry, inside: string): Promise<Placed[]> {
  if (isFile(entry)) return [{ inside, file: await new Promise<File>((found, failed) => entry.file(found, failed)) }];
  if (!isDirectory(entry)) return [];
  const reader = entry.createReader();
  const found: Placed[] = [{ inside, file: null }];
  for (;;) {
    // Each call gives some of the entries, the last one none.
    const some = await new Promise<FileSystemEntry[]>((next, failed) => reader.readEntries(next, failed));
    if (!some.length) return found;
    for (const one of some) found.push(...(await read(one, `${inside}/${one.name}`)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Plan an upload into a folder. */
export function plan(folder: string, chosen: readonly Placed[]): Upload {
  const shown = chosen.filter(({ inside }) => !inside.split('/').some((part) => part.startsWith('.')));
  const folders = new Set<string>();
  for (const { inside, file } of shown) {
    const parts = file ? inside.split('/').slice(0, -1) : inside.split('/');
    parts.forEach((_, at) => folders.add([folder, ...parts.slice(0, at + 1)].join('/')));
  }
  return {
    folder,
    folders: [...folders].sort(),
    files: shown.flatMap(({ inside, file }) => (file ? [{ path: `${folder}/${inside}`, file }] : [])),
    hidden: chosen.length - shown.length,
  };
}
