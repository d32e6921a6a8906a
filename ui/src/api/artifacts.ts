/** Files of runs and of model versions: folders as they are opened, and where their bytes are. */
import { address, get, path } from './client';
import type { FileEntry, Files } from './schema';

/** Where files come from: what a file tree and its previews need to know. */
export interface FileSource {
  /** Tells one source from another; part of query keys. */
  id: string;
  list: (folder: string) => Promise<FileEntry[]>;
  content: (file: string, download?: boolean) => string;
  /** Where a web page is shown with its scripts, in an origin of its own. */
  page: (file: string) => string;
}

function fileSource(root: string): FileSource {
  return {
    id: root,
    list: async (folder) => (await get<Files>(`${root}/files`, { path: folder })).entries,
    content: (file, download) => address(`${root}/files/content`, { path: file, download: download ? 1 : undefined }),
    page: (file) => address(`${root}/files/content`, { path: file, scripts: 1 }),
  };
}

export function runFiles(workspace: string, run: string): FileSource {
  return fileSource(path`/workspaces/${workspace}/runs/${run}`);
}

export function versionFiles(workspace: string, model: string, version: number): FileSource {
  return fileSource(path`/workspaces/${workspace}/models/${model}/versions/${version}`);
}
