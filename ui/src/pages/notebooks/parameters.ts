/** The parameters of a notebook, as its parameter cell sets them. Pure. */
import { writeParameter } from '../../lib/cron';
import type { TypedParameter } from '../schedules/draft';

const LINE = /^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(.+?)\s*$/;
const TEXT = /^(?:"((?:[^"\\])*)"|'((?:[^'\\])*)')\s*(?:#.*)?$/;
const PLAIN = /^(True|False|-?\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|-?\.\d+)\s*(?:#.*)?$/;

function literal(text: string): boolean | number | string | null {
  const quoted = TEXT.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? '';
  const [, plain] = PLAIN.exec(text) ?? [];
  if (plain === undefined) return null;
  if (plain === 'True' || plain === 'False') return plain === 'True';
  return Number(plain.replaceAll('_', ''));
}

/** The names that a cell sets to numbers, texts, True or False; other lines are left out, the last value counts. */
export function parametersOf(source: string): TypedParameter[] {
  const found = new Map<string, string>();
  for (const line of source.split('\n')) {
    const [, name, text] = LINE.exec(line) ?? [];
    const value = text === undefined ? null : literal(text);
    if (name !== undefined && value !== null) found.set(name, writeParameter(value));
  }
  return [...found].map(([name, value]) => ({ name, value }));
}
