import { expect, test } from 'vitest';
import { folderOf, foldersOf, isPointer, planArchive } from './archive';

const entries = (...paths: string[]) => paths.map((path) => ({ path, size: 1, read: () => Promise.resolve(new Blob()) }));
const paths = (of: { path: string }[]) => of.map(({ path }) => path);

test('notebooks are separated from files, and the folder around all of them is left out', () => {
  const plan = planArchive({
    entries: entries('repo-main/a.ipynb', 'repo-main/data/b.csv', 'repo-main/sub/C.IPYNB', 'repo-main/.env', 'repo-main/.gitignore', 'repo-main/.github/a.yml', 'repo-main/.gitmodules'),
    refused: [{ path: '../up', why: 'path' }],
  });
  expect(paths(plan.notebooks)).toEqual(['a.ipynb', 'sub/C.IPYNB']);
  expect(paths(plan.files)).toEqual(['data/b.csv']);
  expect(plan.leftOut).toEqual([
    { path: '../up', why: 'path' },
    { path: 'repo-main/.env', why: 'hidden' },
    { path: 'repo-main/.gitmodules', why: 'submodules' },
  ]);
});

test('without one folder around all, paths stay as they are', () => {
  expect(paths(planArchive({ entries: entries('x/a.csv', 'b.csv'), refused: [] }).files)).toEqual(['x/a.csv', 'b.csv']);
  expect(paths(planArchive({ entries: entries('a.csv'), refused: [] }).files)).toEqual(['a.csv']);
  expect(planArchive({ entries: [], refused: [] }).files).toEqual([]);
});

test('files go into a free folder of their own', () => {
  expect(folderOf('자료.zip', [])).toBe('Files/자료');
  expect(folderOf('a.zip', ['a'])).toBe('Files/a 2');
  expect(folderOf('..zip', [])).toBe('Files/Archive');
  expect(foldersOf('Files/a', ['x/y/1', 'z', 'x/2'])).toEqual(['Files/a', 'Files/a/x', 'Files/a/x/y']);
});

test('a pointer of Git LFS is told from a file', () => {
  expect(isPointer('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n')).toBe(true);
  expect(isPointer('version,price\n1,2\n')).toBe(false);
});
