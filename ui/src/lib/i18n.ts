/** Internationalization: all texts are in locales/<language>/<namespace>.json. */
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';

export const languages = [
  { id: 'en', name: 'English' },
  { id: 'ko', name: '한국어' },
] as const;
export type Language = (typeof languages)[number]['id'];

const STORED = 'handloom.language';
const files = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { import: 'default' });

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language.id === value);
}

/** The stored choice, else the first of the browser's languages that is known, else English. */
export function firstLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  return wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en';
}

/** Load the texts of one language; others are loaded when the user selects them. */
async function load(language: Language): Promise<void> {
  const own = Object.entries(files).filter(([path]) => path.includes(`/${language}/`));
  await Promise.all(
    own.map(async ([path, read]) => {
      const namespace = /([^/]+)\.json$/.exec(path)?.[1] ?? '';
      i18n.addResourceBundle(language, namespace, await read());
    }),
  );
}

async function changeLanguage(language: Language): Promise<void> {
  await load(language);
  await i18n.changeLanguage(language);
}

/** Initialize i18next in the user's language, before the first render. */
export async function startLanguages(): Promise<void> {
  i18n.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18n.use(initReactI18next).init({ resources: {}, fallbackLng: false, defaultNS: 'shell', interpolation: { escapeValue: false } });
  await changeLanguage(firstLanguage(localStorage.getItem(STORED), navigator.languages));
}

export function currentLanguage(): Language {
  return isLanguage(i18n.language) ? i18n.language : 'en';
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
  void changeLanguage(language);
}

export { i18n };
