import { expect, test } from 'vitest';
import { failingLine, partsOf } from './traceback';

const HEAD = ['-----', 'KeyError    Traceback (most recent call last)'];
const CELL = 'Cell \u001b[1;32mIn[3]\u001b[0m, line 2\n\u001b[1;32m----> 2\u001b[0m frame["x"]';
const OWN = 'File \u001b[1;32m/data/w/Files/helper.py:4\u001b[0m, in f()';
const COMPILED = 'File \u001b[1;32mpandas/_libs/index.pyx:167\u001b[0m, in get_loc()';
const PANDAS = 'File \u001b[1;32m/opt/lib/python3.11/site-packages/pandas/core/frame.py:1\u001b[0m, in get(self)';

test('frames of libraries are folded between the own ones and the error', () => {
  const parts = partsOf([...HEAD, CELL, OWN, PANDAS, COMPILED, "KeyError: 'x'"]);
  expect(parts.map(({ library, frames }) => [library, frames])).toEqual([
    [false, 2],
    [true, 2],
    [false, 0],
  ]);
  expect(parts.at(-1)?.text).toBe("KeyError: 'x'");
});

test('where no line is the own one, nothing is folded', () => {
  expect(partsOf([...HEAD, PANDAS, 'KeyError'])).toHaveLength(1);
});

test('the failing line is the one of the cell itself, not of an earlier cell', () => {
  expect(failingLine([...HEAD, CELL, 'Cell In[1], line 7, in f()', PANDAS], 3)).toBe(2);
  expect(failingLine([...HEAD, CELL], 4)).toBeNull();
});
