import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiError, errorDetail } from './errors';
import { i18n } from './i18n';

beforeAll(() => i18n.changeLanguage('ko'));
afterAll(() => i18n.changeLanguage('en'));

const refused = (reason: string | null, values: Record<string, string | number> = {}) =>
  new ApiError(400, 'invalid', 'Names end.', 'name', reason, values);

test('an error says its reason in the language of the page, with its values', () => {
  expect(errorDetail(refused('name_long', { length: 1300, most: 256 }))).toBe('이름이 1,300자입니다. 최대 256자까지 사용할 수 있습니다.');
  expect(errorDetail(refused('filter_at', { at: 7, text: '<b>' }))).toBe('필터의 7번째 글자를 해석할 수 없습니다: <b>');
});

test("without a sentence for it, an error says the server's", () => {
  expect(errorDetail(refused(null))).toBe('Names end.');
  expect(errorDetail(refused('of_a_newer_server'))).toBe('Names end.');
  expect(errorDetail(new Error('broken'))).toBe('broken');
});
