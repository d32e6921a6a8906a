import { expect, test } from 'vitest';
import { alignTables, changedPackages, differingLines, imageAt, mergeFiles, seriesKey, stepImages, stepsOf, type RunFile } from './compareFiles';

function file(path: string, is_dir = false): RunFile {
  return { path, name: path.split('/').at(-1) ?? '', is_dir, size: is_dir ? null : 1, model: false };
}

const image = (key: string, step: number, at = 1, end = '+compressed.webp') => file(`images/${key}+step+${step}+timestamp+${at}+0a1b-22${end}`);

test('a path that several runs have stands once, with their number, folders first', () => {
  const merged = mergeFiles([[file('b.txt'), file('plots', true)], [file('a.txt'), file('b.txt')], []]);
  expect(merged.map(({ path, runs }) => [path, runs])).toEqual([['plots', 1], ['a.txt', 1], ['b.txt', 2]]);
});

test("a file with the name of another run's folder stays apart from it", () => {
  const merged = mergeFiles([[file('out', true)], [file('out')]]);
  expect(merged.map(({ path, is_dir, runs }) => [path, is_dir, runs])).toEqual([['out/', true, 1], ['out', false, 1]]);
});

test('pictures by step are one series of each name, whatever their steps', () => {
  const old = file('images/a#loss%step%3%timestamp%7%0a-1%compressed.webp');
  const merged = mergeFiles([[image('a#loss', 1), image('a#loss', 1, 1, '.png'), image('b~c+step+1', 2)], [old, file('images/photo.png')]]);
  expect(merged.map(({ name, runs, steps }) => [name, runs, steps])).toEqual([['a/loss', 2, 2], ['b/c+step+1', 1, 1], ['photo.png', 1, 0]]);
  expect(seriesKey(merged[0]?.path ?? '')).toBe('a#loss');
  expect(seriesKey('images/photo.png')).toBeNull();
});

test('each step has its newest picture, small to show and whole to open', () => {
  const files = [image('k', 10, 5, '.png'), image('k', 10, 5), image('k', 2, 1, '.png'), image('k', 10, 4), image('other', 3), image('k', -1, 9, '.png')];
  const images = stepImages(files, 'k');
  expect(images.map(({ step }) => step)).toEqual([-1, 2, 10]);
  expect(images[2]).toEqual({ step: 10, path: files[1]?.path, full: files[0]?.path });
  expect(images[1]).toEqual({ step: 2, path: files[2]?.path, full: files[2]?.path });
});

test('a run without a picture at a step shows the last one before it, and none before its first', () => {
  const [a, b] = [stepImages([image('k', 1), image('k', 5)], 'k'), stepImages([image('k', 4)], 'k')];
  expect(stepsOf([a, b])).toEqual([1, 4, 5]);
  expect([1, 4, 5].map((step) => imageAt(a, step)?.step)).toEqual([1, 1, 5]);
  expect([1, 4, 5].map((step) => imageAt(b, step)?.step)).toEqual([undefined, 4, 4]);
});

const before = { columns: ['q', 'answer'], rows: [['x', '1'], ['y', '2'], ['x', '3']] };
const after = { columns: ['q', 'score', 'answer'], rows: [['y', '9', '2'], ['x', '8', '1'], ['z', '7', '5']] };

test('rows of tables are matched by their number', () => {
  const aligned = alignTables([before, after], null);
  expect(aligned.columns).toEqual(['q', 'answer', 'score']);
  expect(aligned.lines).toEqual([[0, 0], [1, 1], [2, 2]]);
  expect(aligned.cell(1, 'answer', 1)).toBe('1');
  expect(aligned.cell(1, 'score', 0)).toBeNull();
});

test('rows of tables are matched by a column, the same value in its order', () => {
  const aligned = alignTables([before, after], 'q');
  expect(aligned.lines).toEqual([[0, 1], [1, 0], [2, null], [null, 2]]);
  expect(aligned.cell(0, 'answer', 1)).toBe('1');
  expect(aligned.cell(2, 'answer', 1)).toBeNull();
});

test('rows of a table without the column match none', () => {
  expect(alignTables([before, { columns: ['r'], rows: [['x']] }], 'q').lines).toEqual([[0, null], [1, null], [2, null], [null, 0]]);
});

test('lines differ in any value of any table; a repeated column name is two columns', () => {
  const one = { columns: ['a', 'a'], rows: [['1', '2'], ['1', '2']] };
  const other = { columns: ['a', 'a'], rows: [['1', '2'], ['1', '3']] };
  const aligned = alignTables([one, other], null);
  expect(aligned.columns).toEqual(['a', 'a (2)']);
  expect(differingLines(aligned)).toEqual([1]);
  expect(differingLines(alignTables([one, one], null))).toEqual([]);
});

test('packages that differ, with those that one run alone has', () => {
  expect(changedPackages(['a==1', 'b==2', 'c==3'], ['a==1', 'b==2.1', 'd==1'])).toEqual([
    { name: 'b', before: '2', after: '2.1' },
    { name: 'c', before: '3', after: null },
    { name: 'd', before: null, after: '1' },
  ]);
});
