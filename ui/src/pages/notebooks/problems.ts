/** Problems in code, in the words of the page. */
import { i18n } from '../../lib/i18n';
import type { Problem } from '../../api/schema';

const NAMES = /`([^`]*)`/g;
/** The problems that have words of our own, with the number of names that they speak of. */
const KNOWN = {
  'unresolved-reference': ['problems.undefined', 1],
  'import-not-found': ['problems.noModule', 1],
  'missing-module-member': ['problems.noMember', 2],
  'missing-attribute': ['problems.noMember', 2],
} as const;

function isKnown(code: string): code is keyof typeof KNOWN {
  return code in KNOWN;
}

/** What is wrong; the analyser's own words where there are no others. */
export function problemText({ code, message }: Pick<Problem, 'code' | 'message'>): string {
  const [a, b, ...more] = [...message.matchAll(NAMES)].map(([, name]) => name ?? '');
  if (!isKnown(code) || a === undefined || more.length > 0) return message;
  const [key, names] = KNOWN[code];
  if (names !== (b === undefined ? 1 : 2)) return message;
  return i18n.t(`notebooks:${key}`, names === 1 ? { name: a } : { module: a, name: b });
}
