import { expect, test } from 'vitest';
import { parseTable, previewKind, readSplitTable } from './filePreview';
import { lessIsBetter, mainMetric } from './metricOrder';
import { aliasProblem, tagKeyProblem, tagValueProblem } from './tags';

test.each([
  ['MLmodel', 'text'], ['requirements.txt', 'text'], ['conf.JSON', 'json'], ['a.csv', 'table'], ['plot.png', 'image'],
  ['README.md', 'markdown'], ['estimator.html', 'html'], ['model.pkl', 'none'], ['noending', 'none'],
])('%s is previewed as %s', (name, kind) => {
  expect(previewKind(name)).toBe(kind);
});

test('CSV keeps quoted separators, quotes and line breaks', () => {
  expect(parseTable('a,b\r\n"1,5","say ""hi""\nthere"\n3,', ',')).toEqual([['a', 'b'], ['1,5', 'say "hi"\nthere'], ['3', '']]);
  expect(parseTable('a\tb\n1\t2', '\t')).toEqual([['a', 'b'], ['1', '2']]);
  expect(parseTable('1\n2\n3\n', ',', 2)).toHaveLength(2);
});

test('tags and aliases follow MLflow’s rules', () => {
  expect(tagKeyProblem('', [])).toBe('empty');
  expect(tagKeyProblem('team', ['team'])).toBe('taken');
  expect(tagKeyProblem('mlflow.user', [])).toBe('reserved');
  expect(tagKeyProblem('a\tb', [])).toBe('characters');
  expect(tagKeyProblem('../x', [])).toBe('characters');
  expect(tagKeyProblem('x'.repeat(251), [])).toBe('keyTooLong');
  expect(tagKeyProblem('release/stage 1', [])).toBeNull();
  expect(tagValueProblem('v'.repeat(8001))).toBe('valueTooLong');
  expect(aliasProblem('champion')).toBeNull();
  expect(aliasProblem('v12')).toBe('reserved');
  expect(aliasProblem('Latest')).toBe('reserved');
  expect(aliasProblem('a b')).toBe('characters');
});

test('errors are better when small, scores when large', () => {
  expect(lessIsBetter('training_mean_absolute_error')).toBe(true);
  expect(lessIsBetter('val_loss')).toBe(true);
  expect(lessIsBetter('rank_test_score')).toBe(true);
  expect(lessIsBetter('std_test_score')).toBe(true);
  expect(lessIsBetter('mean_reciprocal_rank')).toBe(false);
  expect(lessIsBetter('training_r2_score')).toBe(false);
  expect(lessIsBetter('timeliness')).toBe(false);
  expect(lessIsBetter('val_loss', { val_loss: 'max' })).toBe(false);
  expect(lessIsBetter('toString', {})).toBe(false);
  expect(mainMetric(['training_mean_absolute_error', 'training_r2_score'])).toBe('training_r2_score');
  expect(mainMetric(['zeta'])).toBe('zeta');
  expect(mainMetric([])).toBeNull();
});

test('a table of JSON shows an index that is more than a count', () => {
  const data = [[1, 'x'], [2.5, null]];
  expect(readSplitTable({ columns: ['a', 'b'], index: [0, 1], data })).toEqual({ columns: ['a', 'b'], rows: [['1', 'x'], ['2.5', 'null']] });
  expect(readSplitTable({ columns: ['a', 'b'], index: ['p', 'q'], data })).toEqual({ columns: ['', 'a', 'b'], rows: [['p', '1', 'x'], ['q', '2.5', 'null']] });
  expect(readSplitTable({ columns: ['a'], data: [1] })).toBeNull();
});
