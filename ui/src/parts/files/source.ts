/** Files as a tree shows them, and where they come from. */

export interface FileNode {
  path: string;
  name: string;
  is_dir: boolean;
  size: number | null;
  model: boolean;
}

export interface Source {
  id: string;
  list: (folder: string) => Promise<FileNode[]>;
  content: (file: string, download?: boolean) => string;
  /** URL that shows an HTML file with scripts, in an opaque origin. */
  page: (file: string) => string;
}
