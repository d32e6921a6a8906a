/** Validation of names while typing, with the server's rules (domain/names.py). */

export const MAX_NAME = 256;
export const MAX_DESCRIPTION = 4000;
const MAX_FILE_NAME_BYTES = 240;
const NOT_IN_FILE_NAMES = Array.from('/\\:*?"<>|');

export interface NameProblem {
  key: 'empty' | 'tooLong' | 'control' | 'characters' | 'dots' | 'fileTooLong' | 'taken' | 'descriptionTooLong';
  values?: Record<string, string | number>;
}

/** What is wrong with a name, or null. `file`: the name becomes a file's (notebooks). Lengths count code points. */
export function checkName(raw: string, options: { file?: boolean; taken?: readonly string[] } = {}): NameProblem | null {
  const name = raw.normalize('NFC').trim();
  const length = Array.from(name).length;
  if (!name) return { key: 'empty' };
  if (length > MAX_NAME) return { key: 'tooLong', values: { length, max: MAX_NAME } };
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) return { key: 'control' };
  if (options.file) {
    const bad = NOT_IN_FILE_NAMES.filter((letter) => name.includes(letter));
    if (bad.length) return { key: 'characters', values: { characters: bad.join(' ') } };
    if (name.startsWith('.') || name.endsWith('.')) return { key: 'dots' };
    if (new TextEncoder().encode(name).length > MAX_FILE_NAME_BYTES) return { key: 'fileTooLong' };
  }
  if (options.taken?.includes(name)) return { key: 'taken', values: { name } };
  return null;
}

export function checkDescription(raw: string): NameProblem | null {
  const length = Array.from(raw.trim()).length;
  return length > MAX_DESCRIPTION ? { key: 'descriptionTooLong', values: { length, max: MAX_DESCRIPTION } } : null;
}

/** The first of "name", "name 2", "name 3", ... that is free. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const used = new Set(taken);
  if (!used.has(wanted)) return wanted;
  let n = 2;
  while (used.has(`${wanted} ${n}`)) n += 1;
  return `${wanted} ${n}`;
}
