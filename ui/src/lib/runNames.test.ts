import { expect, test } from 'vitest';
import { namesFrom } from './runNames';

const runs = (count: number) => Array.from({ length: count }, (_, at) => ({ run_id: String(at), name: `{n}-${at}` }));

test('a pattern puts a count and the old name into the new one, and reads neither again', () => {
  expect(namesFrom('sweep {n}: {name}', runs(2)).map((one) => one.name)).toEqual(['sweep 1: {n}-0', 'sweep 2: {n}-1']);
});

test('counts have as many digits as the last, so that names sort', () => {
  expect(namesFrom('{n}', runs(10)).map((one) => one.name)).toEqual(['01', '02', '03', '04', '05', '06', '07', '08', '09', '10']);
});
