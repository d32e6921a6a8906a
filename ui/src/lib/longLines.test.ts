import { describe, expect, it } from 'vitest';
import { breakLongLines, piecesOf } from './longLines';

describe('pieces of long lines', () => {
  it('leave ordinary text as it is', () => {
    expect(piecesOf('')).toEqual(['']);
    const text = '가나다 abc\n'.repeat(5000);
    expect(piecesOf(text)).toEqual([text]);
  });

  it.each([
    ['words', '가나다 '.repeat(5000)],
    ['no spaces', '가'.repeat(20_001)],
    ['lines among others', `first\n${'a가 '.repeat(900)}\nlast\n\n${'b'.repeat(1500)}`],
    ['emoji of several characters', '👩‍👩‍👧‍👦🇰🇷👍🏽'.repeat(400)],
    ['accents', 'e\u0301\u0302'.repeat(2000)],
    ['syllables in parts', '한글'.normalize('NFD').repeat(1000)],
    ['nothing but accents', '\u0301'.repeat(3000)],
  ])('are short and lose nothing: %s', (_, text) => {
    const pieces = piecesOf(text);
    expect(pieces.join('')).toBe(text);
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) expect(Math.max(...piece.split('\n').map((line) => line.length))).toBeLessThanOrEqual(500);
  });

  it('do not cut what is drawn as one', () => {
    for (const text of ['👩‍👩‍👧‍👦'.repeat(400), 'e\u0301'.repeat(2000), '한'.normalize('NFD').repeat(1000)]) {
      const drawn = new Intl.Segmenter('ko', { granularity: 'grapheme' });
      for (const piece of piecesOf(text)) expect([...drawn.segment(piece)].every(({ segment }) => text.startsWith(segment))).toBe(true);
    }
  });

  it('are spans inside of what is shown, and not inside of styles', () => {
    const host = document.createElement('div');
    const long = '가나다 '.repeat(1000);
    host.innerHTML = `<style>/* ${long} */</style><p>${long}<b>short</b></p>`;
    const before = host.textContent;
    breakLongLines(host);
    expect(host.textContent).toBe(before);
    expect(host.querySelectorAll('p > span').length).toBeGreaterThan(5);
    expect(host.querySelector('style')?.childElementCount).toBe(0);
  });
});
