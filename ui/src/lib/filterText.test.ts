import { expect, test } from 'vitest';
import { clauseProblem, clauseText, fieldText, filterHints, filterParts, filterValueAt, joinFilter, operatorsOf, orderText, valueHints, STARRED, togglePart } from './filterText';

const keys = { metrics: ['training_r2_score', 'val loss'], params: ['estimator'], tags: ['team'] };
const hints = (text: string, caret = text.length) => filterHints(text, caret, keys).map((hint) => hint.text);

test('keys that are not plain words stand in backticks', () => {
  expect(fieldText('metrics', 'r2')).toBe('metrics.r2');
  expect(fieldText('metrics', 'val loss')).toBe('metrics.`val loss`');
  expect(fieldText('params', 'a/b')).toBe('params.`a/b`');
});

test('numbers stand bare, texts quoted, and LIKE looks anywhere in the text', () => {
  expect(clauseText({ kind: 'metrics', key: 'r2', operator: '>', value: ' 0.4 ' })).toBe('metrics.r2 > 0.4');
  expect(clauseText({ kind: 'params', key: 'depth', operator: '=', value: '5' })).toBe("params.depth = '5'");
  expect(clauseText({ kind: 'attributes', key: 'run_name', operator: 'ILIKE', value: 'ox' })).toBe("attributes.run_name ILIKE '%ox%'");
  expect(clauseText({ kind: 'tags', key: 't', operator: '=', value: "it's" })).toBe('tags.t = "it\'s"');
  expect(clauseText({ kind: 'attributes', key: 'start_time', operator: '>', value: '5' })).toBe('attributes.start_time > 5');
});

test('a clause says what is missing', () => {
  expect(clauseProblem({ kind: 'metrics', key: '', operator: '>', value: '1' })).toBe('key');
  expect(clauseProblem({ kind: 'metrics', key: 'r2', operator: '>', value: 'much' })).toBe('number');
  expect(clauseProblem({ kind: 'params', key: 'depth', operator: '=', value: '' })).toBe('value');
  expect(clauseProblem({ kind: 'params', key: 'depth', operator: '=', value: '5' })).toBeNull();
});

test('a clause is added with and', () => {
  const clause = { kind: 'metrics', key: 'r2', operator: '>', value: '0' } as const;
  expect(joinFilter('', clause)).toBe('metrics.r2 > 0');
  expect(joinFilter("params.a = '1' ", clause)).toBe("params.a = '1' and metrics.r2 > 0");
});

test('a clause that is added holds for all of a filter with OR, not for its last part', () => {
  const clause = { kind: 'metrics', key: 'r2', operator: '>', value: '0' } as const;
  expect(joinFilter("params.a = '1' OR params.a = '2'", clause)).toBe(
    "(params.a = '1' OR params.a = '2') and metrics.r2 > 0",
  );
  expect(joinFilter("params.a = 'this or that'", clause)).toBe("params.a = 'this or that' and metrics.r2 > 0");
});

test('metrics compare as numbers, params as texts', () => {
  expect(operatorsOf('metrics', 'r2')).toContain('>=');
  expect(operatorsOf('params', 'depth')).toContain('LIKE');
  expect(operatorsOf('params', 'depth')).not.toContain('>');
});

test('fields are suggested where a field can stand, and nowhere else', () => {
  expect(hints('metr')).toEqual(['metrics.training_r2_score', 'metrics.`val loss`']);
  expect(hints('r2')).toEqual(['metrics.training_r2_score']);
  expect(hints("params.estimator = 'x' and te")).toContain('tags.team');
  expect(hints('metrics.training_r2_score > ')).toEqual([]);
  expect(hints("params.estimator = 'te")).toEqual([]);
  expect(hints('')).toHaveLength(8);
});

test('taking a suggestion replaces the word and puts the caret behind it', () => {
  const [hint] = filterHints("tags.a = '1' and estim", 22, keys);
  expect(hint).toEqual({ text: 'params.estimator', whole: "tags.a = '1' and params.estimator ", caret: 34 });
});

test('columns sort in MLflow’s words', () => {
  expect(orderText('start_time', true)).toBe('attributes.start_time DESC');
  expect(orderText('metrics.val loss', false)).toBe('metrics.`val loss` ASC');
});

test('a filter falls into the parts that must all hold', () => {
  expect(filterParts("metrics.r2 > 0.5 AND params.`a and b` = 'x and y' and (a = 'b' or c = 'd')")).toEqual(['metrics.r2 > 0.5', "params.`a and b` = 'x and y'", "(a = 'b' or c = 'd')"]);
  expect(filterParts('')).toEqual([]);
});

test('what would mean something else apart stays whole', () => {
  for (const text of ["a = '1' or b = '2' and c = '3'", "not a = '1' and b = '2'", "a = 'it and b = 2", 'a = 1 and', '(a = 1 and b = 2']) {
    expect(filterParts(text)).toEqual([text]);
  }
});

test('a key that begins with a word of the grammar is no such word', () => {
  expect(filterParts("params.order = 'a' and tags.android = 'b'")).toEqual(["params.order = 'a'", "tags.android = 'b'"]);
});

test('the value of a param, tag, status or user is known while it is typed', () => {
  const at = (text: string) => filterValueAt(text, text.length);
  expect(at("metrics.r2 > 1 and params.estimator = 'Ri")).toEqual({ field: 'params.estimator', typed: 'Ri', from: 38 });
  expect(at('tags.`my tag` != ')).toEqual({ field: 'tags.my tag', typed: '', from: 17 });
  expect(at('attributes.status = FIN')).toEqual({ field: 'status', typed: 'FIN', from: 20 });
  expect(at('user_id = "')).toEqual({ field: 'user', typed: '', from: 10 });
  expect(at('metrics.r2 > 0')).toBeNull();
  expect(at("run_name = 'params.b = x")).toBeNull();
});

test('taking a value quotes it and keeps what follows', () => {
  const text = "params.e = 'ri' and metrics.r2 > 0";
  const hints = valueHints(text, 14, ['Ridge', "Ri'd", 'Lasso']);
  expect(hints.map((hint) => hint.text)).toEqual(["'Ridge'", '"Ri\'d"']);
  expect(hints[0]?.whole).toBe("params.e = 'Ridge' and metrics.r2 > 0");
  expect(hints[0]?.caret).toBe(19);
});

test('runs are ordered by the greatest value of a metric', () => {
  expect(orderText('max(metrics.val acc)', true)).toBe('max(metrics.`val acc`) DESC');
});

test('a part is added to a filter and taken from it again', () => {
  expect(togglePart('', STARRED)).toBe(STARRED);
  expect(togglePart('metrics.r2 > 0.5', STARRED)).toBe(`metrics.r2 > 0.5 and ${STARRED}`);
  expect(togglePart(`metrics.r2 > 0.5 and ${STARRED}`, STARRED)).toBe('metrics.r2 > 0.5');
  expect(togglePart("params.a = '1' or params.a = '2'", STARRED)).toBe(`(params.a = '1' or params.a = '2') and ${STARRED}`);
});
