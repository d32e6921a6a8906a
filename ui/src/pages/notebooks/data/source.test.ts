import { expect, test } from 'vitest';
import type { FileNode } from '../../../parts/files/source';
import { canMoveTo, codeOf, uploadFolder } from './source';

const node = (path: string, more: Partial<FileNode> = {}): FileNode => ({ path, name: path.split('/').at(-1) ?? '', is_dir: false, size: null, model: false, ...more });

test('a table, a column, a file and a folder give code of their own', () => {
  expect(codeOf(node('Tables/gold/sales', { kind: 'table', is_dir: true }))).toContain('spark.read.table("gold.sales")');
  expect(codeOf(node('Tables/gold/sales/0/id', { kind: 'column' }))).toBe('"id"');
  expect(codeOf(node('Files/raw/a.csv'))).toContain('pd.read_csv("/lakehouse/default/Files/raw/a.csv")');
  expect(codeOf(node('Files/raw', { is_dir: true }))).toContain('os.listdir');
  expect(codeOf(node('Tables', { is_dir: true }))).toBeNull();
});

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
