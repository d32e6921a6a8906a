import { expect, test } from 'vitest';
import { compareCode } from './compareCode';

test('names of runs cannot leave their comment', () => {
  const code = compareCode([{ run_id: 'a', name: 'x\nimport os' }], 'March\n1/0');
  expect(code.split('\n')[0]).toBe('# March 1/0');
  expect(code).toContain('    "a",  # x import os\n]');
});
