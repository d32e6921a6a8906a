import { expect, test } from 'vitest';
import { pieces, suggested, typedMention } from './mentions';

const PEOPLE = [
  { name: 'kim', display_name: '김지은' },
  { name: 'kim.lee', display_name: 'Kim Lee' },
];

test('a mention is a whole name, in any case, and the longer of two', () => {
  expect(pieces('see @Kim, @kim.lee and @kimono or a@kim', PEOPLE).filter((one) => one.mention).map((one) => one.text)).toEqual(['@Kim', '@kim.lee']);
  expect(pieces('see @Kim, @kimono', PEOPLE).map((one) => one.text).join('')).toBe('see @Kim, @kimono');
});

test('what is typed after an @ suggests people by either name', () => {
  expect(typedMention('ask @ki', 7)).toBe('ki');
  expect(typedMention('ask a@ki', 8)).toBeNull();
  expect(suggested(PEOPLE, 'ki').map((one) => one.name)).toEqual(['kim', 'kim.lee']);
  expect(suggested(PEOPLE, '김').map((one) => one.name)).toEqual(['kim']);
});
