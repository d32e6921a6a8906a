import { expect, test } from 'vitest';
import { plan } from './uploads';

function file(name: string, inside = ''): File {
  return Object.defineProperty(new File(['x'], name), 'webkitRelativePath', { value: inside });
}

test('files of a chosen folder keep their places in it, and their folders are created from the outside in', () => {
  const { folders, files, hidden } = plan('Files/raw', [file('a.csv', 'd/e/a.csv'), file('b.csv', 'd/b.csv'), file('.DS_Store', 'd/.DS_Store')]);
  expect(folders).toEqual(['Files/raw/d', 'Files/raw/d/e']);
  expect(files.map(({ path }) => path)).toEqual(['Files/raw/d/e/a.csv', 'Files/raw/d/b.csv']);
  expect(hidden).toBe(1);
});

test('chosen files go into the folder itself', () => {
  expect(plan('Files', [file('a.csv')])).toMatchObject({ folders: [], files: [{ path: 'Files/a.csv' }], hidden: 0 });
});
