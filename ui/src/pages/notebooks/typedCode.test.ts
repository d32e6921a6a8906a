import { expect, test } from 'vitest';
import { isComplete, TypedHistory } from './typedCode';

test.each([
  ['x = 1', true],
  ['', false],
  ['print(1', false],
  ['print("(")', true],
  ['x = """a', false],
  ['x = """a\nb"""', true],
  ['for i in range(3):', false],
  ['for i in range(3):\n    print(i)', false],
  ['for i in range(3):\n    print(i)\n', true],
  ['x = [1,\n  2]', false],
  ['x = {"a": 1}  # {', true],
  ['x = 1 + \\', false],
  ['@cached', false],
  ['%timeit x', true],
  ['%%sql', false],
  ['%%sql\nSELECT 1', false],
  ['%%sql\nSELECT 1\n', true],
  ["s = '#'", true],
])('Enter after %j runs it: %s', (text, complete) => {
  expect(isComplete(text)).toBe(complete);
});

test('the arrow keys walk through what was typed, and back to the draft', () => {
  const history = new TypedHistory();
  history.add('a');
  history.add('b');
  history.add('b');
  expect(history.older('draft')).toBe('b');
  expect(history.older('b')).toBe('a');
  expect(history.older('a')).toBeNull();
  expect(history.newer()).toBe('b');
  expect(history.newer()).toBe('draft');
  expect(history.newer()).toBeNull();
});
