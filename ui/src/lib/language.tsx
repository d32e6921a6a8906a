/** The language of the page for what is on it a thousand times, such as cells: `useTranslation` costs more than a cell. */
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
import { i18n } from './i18n';

const LanguageContext = createContext<string | null>(null);

function subscribe(listener: () => void): () => void {
  i18n.on('languageChanged', listener);
  return () => i18n.off('languageChanged', listener);
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const language = useSyncExternalStore(subscribe, () => i18n.language);
  return <LanguageContext.Provider value={language}>{children}</LanguageContext.Provider>;
}

/** The language, for `format` functions. What calls this is drawn again when the language changes, so that it may use `i18n.t`. */
export function useLanguage(): string {
  return useContext(LanguageContext) ?? i18n.language;
}
