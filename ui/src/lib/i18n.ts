/** Languages: every text of the pages comes from locales/<language>/<namespace>.json. */
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';

export const languages = [
  { id: 'en', name: 'English' },
  { id: 'ko', name: '한국어' },
] as const;
export type Language = (typeof languages)[number]['id'];

const STORED = 'handloom.language';
const files = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { eager: true, import: 'default' });

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language.id === value);
}

/** The stored choice, else the first of the browser's languages that is known, else English. */
export function firstLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  return wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en';
}

function resources() {
  const found: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, texts] of Object.entries(files)) {
    const [, language = '', namespace = ''] = /\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? [];
    (found[language] ??= {})[namespace] = texts;
  }
  return found;
}

void i18n.use(initReactI18next).init({
  resources: resources(),
  lng: firstLanguage(localStorage.getItem(STORED), navigator.languages),
  fallbackLng: 'en',
  defaultNS: 'shell',
  interpolation: { escapeValue: false },
  initAsync: false,
});

document.documentElement.lang = i18n.language;
i18n.on('languageChanged', (language) => {
  document.documentElement.lang = language;
});

export function currentLanguage(): Language {
  return isLanguage(i18n.language) ? i18n.language : 'en';
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
  void i18n.changeLanguage(language);
}

export { i18n };
