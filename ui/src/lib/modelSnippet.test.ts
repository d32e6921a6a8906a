import { expect, test } from 'vitest';
import { modelSnippet, parseTensor } from './modelSnippet';

const uri = 'models:/model-diabetes/1';
const server = 'http://127.0.0.1:8484/mlflow/w';
const column = (name: string | null, type: string, required = true) => ({ name, type, required });

test('the tutorial’s tensor becomes one row of zeros', () => {
  const code = modelSnippet(uri, server, [column(null, 'tensor(float64, [-1, 10])')]);
  expect(code).toContain('import numpy as np');
  expect(code).toContain('data = np.zeros((1, 10), dtype="float64")');
  expect(code).toContain('model = mlflow.pyfunc.load_model("models:/model-diabetes/1")');
  expect(code.split('\n').at(-1)).toBe('print(model.predict(data))');
});

test('tensors are read in every way they are written', () => {
  expect(parseTensor("Tensor('float32', (-1, 28, 28))")).toEqual({ dtype: 'float32', shape: [-1, 28, 28] });
  expect(parseTensor('tensor(int64, [-1])')).toEqual({ dtype: 'int64', shape: [-1] });
  expect(parseTensor('double')).toBeNull();
});

test('named tensors become a dict of arrays', () => {
  const code = modelSnippet(uri, server, [column('image', 'tensor(float32, [-1, 2])'), column('mask', 'tensor(bool, [-1])')]);
  expect(code).toContain('    "image": np.zeros((1, 2), dtype="float32"),');
  expect(code).toContain('    "mask": np.zeros((1,), dtype="bool"),');
});

test('columns become a frame with the types that the signature enforces', () => {
  const code = modelSnippet(uri, server, [column('AGE', 'integer'), column('name "x"', 'string', false), column('at', 'datetime')]);
  expect(code).toContain('    "AGE": pd.Series([0], dtype="int32"),');
  expect(code).toContain('    "name \\"x\\"": pd.Series([""], dtype="object"),  # optional');
  expect(code).toContain('    "at": pd.Series(["2026-01-01"], dtype="datetime64[ns]"),');
});

test('without a signature the snippet says so', () => {
  expect(modelSnippet(uri, server, null)).toContain('data = ...  # saved without a signature');
});
