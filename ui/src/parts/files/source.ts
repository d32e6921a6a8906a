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
  /** Where a web page is shown with its scripts, in an origin of its own. */
  page: (file: string) => string;
}
