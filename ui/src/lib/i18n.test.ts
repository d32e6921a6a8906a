import { expect, test } from 'vitest';
import { firstLanguage, languages } from './i18n';

const files = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { eager: true, import: 'default' });
const PLURAL = /_(zero|one|two|few|many|other)$/;

function textsOf(language: string, namespace: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, key: string) => {
    if (typeof value === 'string') found.set(key, value);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, key ? `${key}.${name}` : name);
    } else throw new Error(`${language}/${namespace}: ${key} is not a text`);
  };
  walk(files[`../locales/${language}/${namespace}.json`] ?? {}, '');
  return found;
}

const namespaces = [...new Set(Object.keys(files).map((file) => /([^/]+)\.json$/.exec(file)?.[1] ?? ''))].sort();
const placeholders = (text: string) => [...new Set(text.match(/\{\{[^}]+\}\}/g) ?? [])].sort();
const plain = (texts: Map<string, string>) => [...new Set([...texts.keys()].map((key) => key.replace(PLURAL, '')))].sort();

test('every namespace exists in every language', () => {
  expect(namespaces).toContain('shell');
  expect(Object.keys(files)).toHaveLength(namespaces.length * languages.length);
});

test.each(namespaces)('%s has the same keys in English and Korean', (namespace) => {
  expect(plain(textsOf('ko', namespace))).toEqual(plain(textsOf('en', namespace)));
});

test.each(namespaces)('%s has every plural form that its language needs', (namespace) => {
  for (const { id } of languages) {
    const texts = textsOf(id, namespace);
    const needed = new Intl.PluralRules(id).resolvedOptions().pluralCategories;
    for (const key of texts.keys()) {
      if (!PLURAL.test(key)) continue;
      for (const form of needed) expect(texts.has(key.replace(PLURAL, `_${form}`)), `${id} ${key} as ${form}`).toBe(true);
    }
  }
});

test.each(namespaces)('%s fills in the same values in both languages', (namespace) => {
  const korean = textsOf('ko', namespace);
  for (const [key, text] of textsOf('en', namespace)) {
    const other = korean.get(key) ?? korean.get(key.replace(PLURAL, '_other')) ?? '';
    if (!PLURAL.test(key)) expect(placeholders(other), key).toEqual(placeholders(text));
    expect(other.trim(), key).not.toBe('');
    expect(text.trim(), key).not.toBe('');
  }
});

test.each(namespaces)('%s leaves no English sentence in Korean', (namespace) => {
  const english = textsOf('en', namespace);
  for (const [key, text] of textsOf('ko', namespace)) {
    const words = text.replace(/\{\{[^}]+\}\}/g, '').match(/(?<=^|\s)[A-Za-z]{2,}(?=[\s.,!?:]|$)/g) ?? [];
    if (text === english.get(key)) expect(words.length, `${key}: ${text}`).toBeLessThanOrEqual(2);
  }
});

test.each(namespaces)('%s writes no pair of Korean particles', (namespace) => {
  const pairs = /[을를이가은는와과]\([을를이가은는와과]\)|\(으\)로|\(이\)라/;
  for (const [key, text] of textsOf('ko', namespace)) expect(text, key).not.toMatch(pairs);
});

test.each(namespaces)('%s speaks in one style of Korean', (namespace) => {
  const casual = /(?<![세까])요(?=[.!?])|(?<=[해돼아어져라워])요$/; // 합니다, and 하세요 or 할까요 to the reader
  for (const [key, text] of textsOf('ko', namespace)) expect(text, key).not.toMatch(casual);
});

test.each(namespaces)('%s calls each thing by one Korean word', (namespace) => {
  const others = /작업 ?영역|훈련|파라미터|매개변수|지표|산출물|디렉터리|로그온|설치 관리자/; // 워크스페이스, 학습, 매개 변수, 메트릭, 아티팩트, 폴더, 로그인, 서버 관리자
  const runs = /실행 취소/; // 되돌리기: a run is 실행, so this would cancel one
  for (const [key, text] of textsOf('ko', namespace)) {
    expect(text, key).not.toMatch(others);
    expect(text, key).not.toMatch(runs);
  }
});

test('the stored choice comes first, then the browser, then English', () => {
  expect(firstLanguage('ko', ['en-US'])).toBe('ko');
  expect(firstLanguage(null, ['fr-FR', 'ko-KR', 'en'])).toBe('ko');
  expect(firstLanguage('xx', ['de'])).toBe('en');
});
