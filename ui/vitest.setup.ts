/** Before each test file: what jsdom lacks, every language's texts, and English as the one in use. */
import { i18n, startLanguages } from './src/lib/i18n';

/** jsdom lays nothing out: nothing is near the screen. */
class NothingSeen {
  readonly root = null;
  readonly rootMargin = '';
  readonly scrollMargin = '';
  readonly thresholds = [];
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}
globalThis.IntersectionObserver ??= NothingSeen;

/** jsdom has a Uint8Array of its own, of which what Node encodes is no instance. */
class EncoderOfThisRealm extends TextEncoder {
  override encode(text?: string) {
    return new Uint8Array(super.encode(text));
  }
}
globalThis.TextEncoder = EncoderOfThisRealm;

const files = import.meta.glob<Record<string, unknown>>('./src/locales/*/*.json', { eager: true, import: 'default' });

await startLanguages();
for (const [path, texts] of Object.entries(files)) {
  const [, language = '', namespace = ''] = /\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? [];
  i18n.addResourceBundle(language, namespace, texts);
}
await i18n.changeLanguage('en');
