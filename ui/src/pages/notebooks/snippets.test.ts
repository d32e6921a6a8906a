import { describe, expect, test } from 'vitest';
import { snippets } from './snippets';

describe('snippets', () => {
  test('each has an id of its own, and code without a blank line at its end', () => {
    expect(new Set(snippets.map(({ id }) => id)).size).toBe(snippets.length);
    for (const { code } of snippets) expect(code).toBe(code.trim());
  });
});
