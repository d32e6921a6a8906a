import { describe, expect, it } from 'vitest';
import { parametersOf } from './parameters';

describe('parametersOf', () => {
  it('reads numbers, texts and truth values, and leaves out what is computed', () => {
    const source = [
      'import os',
      'depth = 3  # of the tree',
      'rate: float = 1e-3',
      "name = 'Ada'",
      'code = "7"',
      'fast = True',
      'n = 1_000',
      'path = os.getcwd()',
      'pair = 1, 2',
      '    inner = 1',
      'depth = 4',
    ].join('\n');
    expect(parametersOf(source)).toEqual([
      { name: 'depth', value: '4' },
      { name: 'rate', value: '0.001' },
      { name: 'name', value: 'Ada' },
      { name: 'code', value: '"7"' },
      { name: 'fast', value: 'true' },
      { name: 'n', value: '1000' },
    ]);
  });
});
