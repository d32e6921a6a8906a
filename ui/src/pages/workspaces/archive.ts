/** What an archive of notebooks and files becomes in a workspace. Pure. */
import { freeName } from '../../lib/names';
import type { ZipEntry, ZipListing, ZipRefusal } from '../../lib/zip';

export type LeftOut = ZipRefusal | 'hidden' | 'submodules';

/** Bytes that a pointer of Git LFS has at most. */
export const MAX_POINTER = 1_024;

export interface ArchivePlan {
  notebooks: ZipEntry[];
  /** With paths below the archive's own folder. */
  files: ZipEntry[];
  leftOut: { path: string; why: LeftOut }[];
}

/** The folder in which everything is, as in archives of a repository; empty where there is none. */
function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths;
  const folder = first.slice(0, first.indexOf('/') + 1);
  return paths.every((path) => path.startsWith(folder)) ? folder : '';
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/** Whether a small file of a git repository is only the address of a large one; as data it would be wrong. */
export function isPointer(text: string): boolean {
  return text.startsWith('version https://git-lfs.github.com/spec/');
}

/** What git keeps for itself means nothing in a workspace, except that submodules are missing. */
function hiddenOnes(entries: readonly ZipEntry[]): ArchivePlan['leftOut'] {
  return entries.flatMap(({ path }): ArchivePlan['leftOut'] => {
    const parts = path.split('/');
    if (parts.at(-1) === '.gitmodules') return [{ path, why: 'submodules' }];
    return parts.some((part) => part.startsWith('.git')) ? [] : [{ path, why: 'hidden' }];
  });
}

/** Notebooks become notebooks, everything else a file. */
export function planArchive({ entries, refused }: ZipListing): ArchivePlan {
  const hidden = entries.filter(({ path }) => isHidden(path));
  const kept = entries.filter(({ path }) => !isHidden(path));
  const top = commonFolder(kept.map(({ path }) => path)).length;
  const placed = kept.map((entry) => ({ ...entry, path: entry.path.slice(top) }));
  return {
    notebooks: placed.filter(({ path }) => /\.ipynb$/i.test(path)),
    files: placed.filter(({ path }) => !/\.ipynb$/i.test(path)),
    leftOut: [...refused, ...hiddenOnes(hidden)],
  };
}

/** A free folder in Files that is named as the archive. */
export function folderOf(archive: string, taken: readonly string[]): string {
  const name = archive.normalize('NFC').replace(/\.zip$/i, '').replace(/^\.+/, '').trim();
  return `Files/${freeName(name || 'Archive', taken)}`;
}

/** The folders of files, each after the one above it. */
export function foldersOf(root: string, paths: readonly string[]): string[] {
  const found = new Set([root]);
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, i) => found.add([root, ...parts.slice(0, i + 1)].join('/')));
  }
  return [...found].sort((a, b) => a.split('/').length - b.split('/').length);
}
