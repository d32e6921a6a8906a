/** Format numbers, times and sizes in the user's language. */

/** One formatter for each language and shape: making one takes longer than a thousand uses of it. */
const numberFormats = new Map<string, Intl.NumberFormat>();

function inShape(value: number, language: string, shape: 'digits' | 'decimals', digits: number): string {
  const key = `${language} ${shape} ${digits}`;
  let format = numberFormats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, shape === 'digits' ? { maximumSignificantDigits: digits } : { maximumFractionDigits: digits });
    numberFormats.set(key, format);
  }
  return format.format(value);
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

function inDateShape(at: number, language: string, shape: 'date' | 'time', options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${shape}`;
  let format = dateFormats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language, options);
    dateFormats.set(key, format);
  }
  return format.format(at);
}

/** Whether a logged value is plus or minus infinity, which MLflow stores as the largest number there is. */
export function isInfinite(value: number): boolean {
  return Math.abs(value) >= Number.MAX_VALUE;
}

const DIGITS = 4;

/** Four significant digits, two decimals above a thousand, and an exponent for very large or small values. */
export function formatNumber(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'NaN';
  if (isInfinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return Number(value.toPrecision(DIGITS)).toExponential().replace('e+', 'e');
  if (Number.isInteger(value)) return inShape(value, language, 'decimals', 0);
  return size >= 1000 ? inShape(value, language, 'decimals', 2) : inShape(value, language, 'digits', DIGITS);
}

const WORDS = {
  en: { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' },
  ko: { ms: '밀리초', s: '초', min: '분', h: '시간', d: '일' },
};

function isWorded(language: string): language is keyof typeof WORDS {
  return language in WORDS;
}

/** A logged value with all digits, for tooltips and copying. */
export function exactNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'NaN';
  if (isInfinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return String(value);
}

/** A duration in ms, in its two largest units: "412 ms", "4.2 s", "3 min 5 s", "1 h 12 min". */
export function formatDuration(ms: number, language: string): string {
  const lang = isWorded(language) ? language : 'en';
  const words = WORDS[lang];
  const gap = lang === 'ko' ? '' : ' ';
  const say = (value: number, unit: keyof typeof words, digits = 0) =>
    `${inShape(value, language, 'decimals', digits)}${gap}${words[unit]}`;
  const two = (a: number, unitA: keyof typeof words, b: number, unitB: keyof typeof words) =>
    b ? `${say(a, unitA)} ${say(b, unitB)}` : say(a, unitA);
  if (ms < 999.5) return say(Math.max(0, Math.round(ms)), 'ms');
  if (ms < 59_950) return say(ms / 1000, 's', 1);
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in powers of 1000, at most one decimal: "512 B", "4.1 kB", "105 MB". */
export function formatBytes(bytes: number, language: string): string {
  let step = 0;
  let value = bytes;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  const digits = value < 10 && step > 0 ? 1 : 0;
  return `${inShape(value, language, 'decimals', digits)} ${UNITS[step] ?? 'B'}`;
}

export function formatDate(at: number, language: string): string {
  return inDateShape(at, language, 'date', { dateStyle: 'medium', timeStyle: 'medium' });
}

export function formatTime(at: number, language: string): string {
  return inDateShape(at, language, 'time', { hour: '2-digit', minute: '2-digit' });
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60],
];

const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();

/** "2 minutes ago", "yesterday", or null within the last 45 seconds, which pages call "just now". */
export function formatRelative(at: number, language: string, now = Date.now()): string | null {
  const seconds = Math.round((at - now) / 1000);
  if (Math.abs(seconds) < 45) return null;
  const format = relativeFormats.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  relativeFormats.set(language, format);
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.sign(seconds), 'minute');
}
