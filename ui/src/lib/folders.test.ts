import { expect, test } from 'vitest';
import { folderPath, fullName, mayMoveInto } from './folders';

const folders = [
  { id: 'a', parent: '', name: 'A' },
  { id: 'b', parent: 'a', name: 'B' },
  { id: 'c', parent: 'b', name: 'C' },
];

test('a folder is named with those around it', () => {
  expect(fullName(folders, 'c')).toBe('A / B / C');
  expect(folderPath(folders, 'gone')).toEqual([]);
});

test('a folder moves anywhere but into itself, what is in it, and where it is', () => {
  expect(mayMoveInto(folders, 'c', 'a')).toBe(true);
  expect(mayMoveInto(folders, 'c', '')).toBe(true);
  expect(mayMoveInto(folders, 'a', 'c')).toBe(false);
  expect(mayMoveInto(folders, 'a', 'a')).toBe(false);
  expect(mayMoveInto(folders, 'b', 'a')).toBe(false);
});
