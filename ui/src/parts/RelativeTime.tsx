/** "2 minutes ago", kept true while it is on screen; the exact time on hover. */
import { useSyncExternalStore } from 'react';
import { formatDate, formatRelative } from '../lib/format';
import { i18n } from '../lib/i18n';
import { useLanguage } from '../lib/language';

const TICK = 15_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all times on the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((tell) => tell());
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function RelativeTime({ at }: { at: number }) {
  const language = useLanguage();
  const ticked = useSyncExternalStore(subscribe, () => now);
  // A thing made after the last tick is not in the future.
  const text = formatRelative(at, language, Math.max(ticked, at)) ?? i18n.t('shell:justNow');
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDate(at, language)} className="hl-line">
      {text}
    </time>
  );
}
