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

/** Plan the upload of chosen files. Those of a chosen folder have a path in it, and keep it. */
export function plan(folder: string, chosen: readonly File[]): Upload {
  const placed = chosen.map((file) => ({ inside: file.webkitRelativePath || file.name, file }));
  const shown = placed.filter(({ inside }) => !inside.split('/').some((part) => part.startsWith('.')));
  const folders = new Set<string>();
  for (const { inside } of shown) {
    const parts = inside.split('/').slice(0, -1);
    parts.forEach((_, at) => folders.add([folder, ...parts.slice(0, at + 1)].join('/')));
  }
  return {
    folder,
    folders: [...folders].sort(),
    files: shown.map(({ inside, file }) => ({ path: `${folder}/${inside}`, file })),
    hidden: placed.length - shown.length,
  };
}
