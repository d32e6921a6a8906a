/** The files of a workspace: uploaded, shown and deleted by requests of our own, else listed and written through Jupyter's contents API. */
import { served } from '../lib/pathPrefix';
import { address, ApiError, del, path as pathOf, putContent } from './client';
import type { BinnedFile } from './schema';

interface Entry {
  name: string;
  path: string;
  type: string;
  size: number | null;
}

export interface WorkspaceFile {
  /** Relative to the workspace: `Files/a.csv`. */
  path: string;
  name: string;
  is_dir: boolean;
  size: number | null;
  model: boolean;
}

const ROOT = served('/jupyter');
const JSON_BODY = { 'Content-Type': 'application/json' };

function encoded(workspace: string, path: string): string {
  return [workspace, ...path.split('/')].map(encodeURIComponent).join('/');
}

function contentsOf(workspace: string, path: string): string {
  return `${ROOT}/api/contents/${encoded(workspace, path)}`;
}

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  // Jupyter gives folders a time of change and no policy, by which browsers keep old lists.
  const reply = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init }).catch(() => {
    throw new ApiError(0, 'offline', 'The server did not answer.');
  });
  const text = await reply.text();
  if (reply.ok) return JSON.parse(text || 'null');
  let message = reply.statusText;
  try {
    message = String(JSON.parse(text).message);
  } catch {
    // a proxy's error page
  }
  const codes: Record<number, string> = { 404: 'not_found', 409: 'already_exists' };
  throw new ApiError(reply.status, codes[reply.status] ?? 'internal', message);
}

/** Folders first, then files, each by name; hidden ones are left out. */
export async function listFiles(workspace: string, folder: string): Promise<WorkspaceFile[]> {
  const { content } = await ask<{ content: Entry[] }>(`${contentsOf(workspace, folder)}?type=directory&content=1`);
  return content
    .filter(({ name }) => !name.startsWith('.'))
    .map(({ name, type, size }) => ({ path: `${folder}/${name}`, name, is_dir: type === 'directory', size, model: false }))
    .sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || a.name.localeCompare(b.name));
}

/** What a file's address is for: to show it, to show it with its scripts, or to download it. */
type FileUse = 'show' | 'scripts' | 'download';

export function fileAddress(workspace: string, path: string, use: FileUse = 'show'): string {
  return address(ownPath(workspace, path), use === 'show' ? {} : { [use]: 1 });
}

function ownPath(workspace: string, path: string): string {
  return `${pathOf`/workspaces/${workspace}/files`}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Write a file, in place of one of that name when all of it has come, with the folders around it; see `putContent`. */
export function uploadFile(workspace: string, path: string, file: Blob, onProgress: (part: number) => void, signal?: AbortSignal): Promise<void> {
  return putContent(ownPath(workspace, path), file, onProgress, signal);
}

/** Create a folder; one that is there already is kept. */
export async function createFolder(workspace: string, path: string): Promise<void> {
  await ask(contentsOf(workspace, path), { method: 'PUT', headers: JSON_BODY, body: JSON.stringify({ type: 'directory' }) });
}

/** Rename or move a file or folder. Refused where something has the new name. */
export async function moveFile(workspace: string, path: string, to: string): Promise<void> {
  const body = JSON.stringify({ path: `${workspace}/${to}` });
  await ask(contentsOf(workspace, path), { method: 'PATCH', headers: JSON_BODY, body });
}

/** Move a file or folder to the bin; its id there. */
export async function deleteFile(workspace: string, path: string): Promise<string> {
  return (await del<BinnedFile>(pathOf`/workspaces/${workspace}/files`, { path })).file;
}
