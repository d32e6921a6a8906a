import { expect, test } from 'vitest';
import { byExperiment, comparePath, MOST_COMPARED, readPicks, writePicks } from './address';

test('runs of several workspaces survive the way through an address', () => {
  const picks = [
    { workspace: 'w1', experiment: '3', run: 'a' },
    { workspace: 'w2', experiment: '7', run: 'b' },
    { workspace: 'w2', experiment: '7', run: 'c' },
  ];
  const search = writePicks(new URLSearchParams('name=March'), picks);
  expect(search.getAll('runs')).toEqual(['w1/3:a', 'w2/7:b,c']);
  expect(search.get('name')).toBe('March');
  expect(readPicks(search)).toEqual(picks);
  expect(byExperiment(picks).map((one) => one.runs)).toEqual([['a'], ['b', 'c']]);
});

test('what is malformed or repeated is left out, and what is too much', () => {
  const search = new URLSearchParams([['runs', 'w1/3:a,a,'], ['runs', '../x:b'], ['runs', "w1/3:b' OR 1"], ['runs', 'nothing']]);
  expect(readPicks(search).map((one) => one.run)).toEqual(['a']);
  const many = Array.from({ length: MOST_COMPARED + 5 }, (_, at) => `r${at}`);
  expect(readPicks(new URLSearchParams(comparePath('w', '1', many).split('?')[1]))).toHaveLength(MOST_COMPARED);
});
