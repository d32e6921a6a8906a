/** Queries of files of runs and model versions, one folder at a time, and the URLs of their content. */
import { address, get, path } from './client';
import type { FileEntry, Files } from './schema';

/** The source of a file tree and its previews: a run or a model version. */
export interface FileSource {
  /** Identifies the source in query keys. */
  id: string;
  list: (folder: string) => Promise<FileEntry[]>;
  content: (file: string, download?: boolean) => string;
  /** URL that shows an HTML file with scripts, in an opaque origin. */
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
