/** Files as a tree shows them, and where they come from. */

export interface FileNode {
  path: string;
  name: string;
  is_dir: boolean;
  size: number | null;
  model: boolean;
  /** Other than a file or folder: shown with an icon of its own. */
  kind?: 'table' | 'view' | 'column' | 'images';
  /** What stands at the end of its line, such as a column's type. */
  aside?: string;
}

export interface Source {
  id: string;
  list: (folder: string) => Promise<FileNode[]>;
  content: (file: string, download?: boolean) => string;
  /** URL that shows an HTML file with scripts, in an opaque origin. */
  page: (file: string) => string;
}

/** The folders that a path is in, from the outside in. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
