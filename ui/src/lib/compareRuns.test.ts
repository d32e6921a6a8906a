import { expect, test } from 'vitest';
import { bestOf, compareLines, deltaOf } from './compareRuns';

const runs: Parameters<typeof compareLines>[0] = [
  { params: { depth: '3', seed: '1' }, metrics: { r2: 0.5, n: 442 } },
  { params: { depth: '5', seed: '1', leaf: '2' }, metrics: { r2: 0.6, n: 442 } },
];
const keys = (differing: boolean, wanted?: (key: string) => boolean) => compareLines(runs, differing, wanted).map((line) => line.key);

test('params stand before metrics, each under its head', () => {
  expect(keys(false)).toEqual(['params', 'depth', 'leaf', 'seed', 'metrics', 'n', 'r2']);
});

test('differences only leaves out what every run has alike; a value that one lacks is a difference', () => {
  expect(keys(true)).toEqual(['params', 'depth', 'leaf', 'metrics', 'r2']);
});

test('a search narrows the lines, and a head without lines goes', () => {
  expect(keys(false, (key) => key.startsWith('r'))).toEqual(['metrics', 'r2']);
});

test('a delta needs two numbers', () => {
  expect(deltaOf(0.6, 0.5)).toBeCloseTo(0.1);
  expect(deltaOf(null, 0.5)).toBeNull();
  expect(deltaOf(0.5, undefined)).toBeNull();
  expect(deltaOf(Number.MAX_VALUE, 0.5)).toBeNull();
});

test('the best is the least of errors and the most of scores, and none where all are equal', () => {
  expect(bestOf([3, 1, null, 2], true)).toBe(1);
  expect(bestOf([3, 1, undefined, 2], false)).toBe(3);
  expect(bestOf([2, 2], false)).toBeNull();
});
