import { expect, test } from 'vitest';
import type { Item } from '../../api/schema';
import { allPicked, between, filterRows, keyOf, listRows, nextOrder, readOrder, sortRows } from './rows';

function item(kind: Item['kind'], name: string, modified_at: number, owner = 'me'): Item {
  return {
    kind,
    id: `${kind}-${name}`,
    workspace: 'w',
    workspace_name: 'lab',
    name,
    description: '',
    owner,
    created_at: 0,
    modified_at,
    count: 0,
    folder: '',
  };
}

const items = [item('notebook', 'Note 10', 3), item('experiment', 'alpha', 1), item('notebook', 'note 2', 2)];
const names = (rows: Item[]) => rows.map((row) => row.name);

test('the newest comes first where the address says nothing', () => {
  expect(readOrder(null)).toEqual({ column: 'modified', down: true });
  expect(names(sortRows(items, readOrder(null), 'en', String))).toEqual(['Note 10', 'note 2', 'alpha']);
});

test('names sort as people read numbers, without regard to case', () => {
  expect(names(sortRows(items, readOrder('name'), 'en', String))).toEqual(['alpha', 'note 2', 'Note 10']);
  expect(names(sortRows(items, readOrder('-name'), 'en', String))).toEqual(['Note 10', 'note 2', 'alpha']);
});

test('a sort that the address invents is not taken', () => {
  expect(readOrder('-password')).toEqual({ column: 'modified', down: true });
});

test('a second click on a head turns the order round', () => {
  expect(nextOrder({ column: 'modified', down: true }, 'name')).toBe('name');
  expect(nextOrder({ column: 'name', down: false }, 'name')).toBe('-name');
  expect(nextOrder({ column: 'name', down: false }, 'modified')).toBe('-modified');
});

test('keyword and type narrow the list together', () => {
  expect(names(filterRows(items, 'note', ['notebook']))).toEqual(['Note 10', 'note 2']);
  expect(names(filterRows(items, '', ['experiment']))).toEqual(['alpha']);
  expect(filterRows(items, 'alpha', ['notebook'])).toEqual([]);
});

test('the head box shows none, some or all of the rows shown', () => {
  const keys = items.map(keyOf);
  expect(allPicked(items, new Set())).toBe(false);
  expect(allPicked(items, new Set(keys.slice(0, 1)))).toBe('mixed');
  expect(allPicked(items, new Set(keys))).toBe(true);
  expect(allPicked(items, new Set(['notebook/elsewhere']))).toBe(false);
});

test('a range of rows works in both directions', () => {
  expect(between(items, 2, 1)).toEqual(items.slice(1, 3));
});

const tree = {
  folders: [
    { id: 'b', parent: 'a', name: 'inner' },
    { id: 'a', parent: '', name: 'outer' },
  ],
  items: [
    { ...item('experiment', 'top', 1), folder: 'gone' },
    { ...item('experiment', 'deep', 2), folder: 'b' },
    { ...item('model', 'in', 3), folder: 'a' },
  ],
  root: '',
  open: new Set<string>(),
  language: 'en',
  filter: { on: false, text: '' },
  down: false,
};
const shown = (change: Partial<typeof tree>) =>
  listRows({ ...tree, ...change }).map((row) => `${'-'.repeat(row.level)}${row.item ? row.item.name : `${row.folder.name} ${row.count}`}`);

test('folders come before items, open ones with what is in them', () => {
  expect(shown({})).toEqual(['outer 2', 'top']);
  expect(shown({ open: new Set(['a']) })).toEqual(['outer 2', '-inner 1', '-in', 'top']);
  expect(shown({ root: 'b' })).toEqual(['deep']);
  expect(shown({ root: 'gone' })).toEqual(['outer 2', 'top']);
});

test('a filter opens the folders that have what it finds, and shows those that it names', () => {
  expect(shown({ items: tree.items.slice(1, 2), filter: { on: true, text: 'deep' } })).toEqual(['outer 1', '-inner 1', '--deep']);
  expect(shown({ items: [], filter: { on: true, text: 'inner' } })).toEqual(['outer 0', '-inner 0']);
});
