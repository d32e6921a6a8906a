import { expect, test } from 'vitest';
import type { FileNode } from '../../../parts/files/source';
import { codeOf } from './source';

const node = (path: string, more: Partial<FileNode> = {}): FileNode => ({ path, name: path.split('/').at(-1) ?? '', is_dir: false, size: null, model: false, ...more });

test('a table, a column, a file and a folder give code of their own', () => {
  expect(codeOf(node('Tables/gold/sales', { kind: 'table', is_dir: true }))).toContain('spark.read.table("gold.sales")');
  expect(codeOf(node('Tables/gold/sales/0/id', { kind: 'column' }))).toBe('"id"');
  expect(codeOf(node('Files/raw/a.csv'))).toContain('pd.read_csv("/lakehouse/default/Files/raw/a.csv")');
  expect(codeOf(node('Files/raw', { is_dir: true }))).toContain('os.listdir');
  expect(codeOf(node('Tables', { is_dir: true }))).toBeNull();
});
