import { expect, test } from 'vitest';
import { dropped, placed, plan } from './uploads';

function file(name: string, inside = ''): File {
  return Object.defineProperty(new File(['x'], name), 'webkitRelativePath', { value: inside });
}

test('files of a chosen folder keep their places in it, and their folders are created from the outside in', () => {
  const { folders, files, hidden } = plan('Files/raw', placed([file('a.csv', 'd/e/a.csv'), file('b.csv', 'd/b.csv'), file('.DS_Store', 'd/.DS_Store')]));
  expect(folders).toEqual(['Files/raw/d', 'Files/raw/d/e']);
  expect(files.map(({ path }) => path)).toEqual(['Files/raw/d/e/a.csv', 'Files/raw/d/b.csv']);
  expect(hidden).toBe(1);
});

test('chosen files go into the folder itself', () => {
  expect(plan('Files', placed([file('a.csv')]))).toMatchObject({ folders: [], files: [{ path: 'Files/a.csv' }], hidden: 0 });
});

/** An entry as browsers give it: a file, or a folder whose entries come in two calls. */
function entry(name: string, inside?: object[]): object {
  const calls = [inside ?? [], []];
  return {
    name,
    isFile: !inside,
    isDirectory: Boolean(inside),
    file: (found: (file: File) => void) => found(file(name)),
    createReader: () => ({ readEntries: (next: (some: object[]) => void) => next(calls.shift() ?? []) }),
  };
}

test('dropped folders are uploaded with what is in them, and empty ones are created', async () => {
  const items = [entry('a.csv'), entry('d', [entry('b.csv'), entry('empty', [])])].map((one) => ({ kind: 'file', webkitGetAsEntry: () => one, getAsFile: () => null }));
  const found = await dropped(Object.assign(Object.create(null), { items }));
  const { folders, files } = plan('Files', found);
  expect(folders).toEqual(['Files/d', 'Files/d/empty']);
  expect(files.map(({ path }) => path)).toEqual(['Files/a.csv', 'Files/d/b.csv']);
});
