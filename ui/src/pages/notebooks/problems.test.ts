import { describe, expect, it } from 'vitest';
import { problemText } from './problems';
import '../../lib/i18n';

describe('problemText', () => {
  it('says what is wrong in the words of the page', () => {
    expect(problemText({ code: 'unresolved-reference', message: 'Name `x` used when not defined' })).toBe('The name x is not defined.');
    expect(problemText({ code: 'import-not-found', message: 'Cannot resolve imported module `a.b`' })).toContain('a.b');
    expect(problemText({ code: 'missing-attribute', message: 'Module `math` has no member `sun`' })).toBe(
      'The module math has no sun.',
    );
  });

  it('keeps the words of the analyser where it says something else', () => {
    for (const [code, message] of [
      ['invalid-syntax', 'Expected `:`, found newline'],
      ['unresolved-reference', 'Something new'],
      ['missing-attribute', 'Module `a` has no `b` but `c`'],
    ] as const) {
      expect(problemText({ code, message })).toBe(message);
    }
  });
});
