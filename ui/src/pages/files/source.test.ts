import { expect, test } from 'vitest';
import type { FileNode } from '../../parts/files/source';
import { canMoveTo, uploadFolder } from './source';

const node = (path: string, more: Partial<FileNode> = {}): FileNode => ({ path, name: path.split('/').at(-1) ?? '', is_dir: false, size: null, model: false, ...more });

test('an upload goes to the selected folder, or beside the selected file', () => {
  expect(uploadFolder(null)).toBe('Files');
  expect(uploadFolder(node('Files/raw', { is_dir: true }))).toBe('Files/raw');
  expect(uploadFolder(node('Files/raw/a.csv'))).toBe('Files/raw');
  expect(uploadFolder(node('Tables/dbo/sales', { kind: 'table', is_dir: true }))).toBe('Files');
});

test('nothing is moved into itself or to where it is', () => {
  const raw = node('Files/raw', { is_dir: true });
  expect(['Files', 'Files/raw', 'Files/raw/old', 'Files/rawer'].map((to) => canMoveTo(raw, to))).toEqual([false, false, false, true]);
});
