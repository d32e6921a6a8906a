/** Build filter texts in MLflow's search grammar, and suggest keys while typing. */
import { runFields } from './runFields';

export type FilterKind = 'metrics' | 'params' | 'tags' | 'attributes';

export interface FilterClause {
  kind: FilterKind;
  key: string;
  operator: string;
  value: string;
}

const filtered = runFields.filter((field) => field.operators.length > 0);
export const filterAttributes = filtered.map((field) => field.name);
export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

const NUMBERS = ['>', '>=', '<', '<=', '=', '!='];
const TEXTS = ['=', '!=', 'LIKE', 'ILIKE', 'RLIKE'];
const NUMERIC_ATTRIBUTES: string[] = filtered.filter((field) => field.kind === 'number').map((field) => field.name);

export function isNumericField(kind: FilterKind, key: string): boolean {
  return kind === 'metrics' || (kind === 'attributes' && NUMERIC_ATTRIBUTES.includes(key));
}

export function operatorsOf(kind: FilterKind, key: string): string[] {
  return isNumericField(kind, key) ? NUMBERS : TEXTS;
}

/** Format a field such as `metrics.r2`, with backticks if the key is not a plain word. */
export function fieldText(kind: FilterKind, key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(key) ? `${kind}.${key}` : `${kind}.\`${key}\``;
}

function quote(value: string): string {
  return value.includes("'") ? `"${value.replaceAll('"', '')}"` : `'${value}'`;
}

/** The invalid field of an incomplete clause; null if it is valid. */
export function clauseProblem(clause: FilterClause): 'key' | 'number' | 'value' | null {
  if (!clause.key) return 'key';
  if (isNumericField(clause.kind, clause.key)) {
    return clause.value.trim() !== '' && Number.isFinite(Number(clause.value)) ? null : 'number';
  }
  return clause.value ? null : 'value';
}

export function clauseText(clause: FilterClause): string {
  const like = clause.operator === 'LIKE' || clause.operator === 'ILIKE';
  const plain = like && !clause.value.includes('%') ? `%${clause.value}%` : clause.value;
  const value = isNumericField(clause.kind, clause.key) ? clause.value.trim() : quote(plain);
  return `${fieldText(clause.kind, clause.key)} ${clause.operator} ${value}`;
}

/** Join two filters by AND; a filter with OR is put in parentheses, because AND has precedence. */
export function joinFilter(text: string, clause: FilterClause): string {
  const before = text.trim();
  if (!before) return clauseText(clause);
  const unquoted = before.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '');
  return `${/\bor\b/i.test(unquoted) ? `(${before})` : before} and ${clauseText(clause)}`;
}

/**
 * The parts of a filter that must all hold. Text with an OR or NOT outside parentheses, or one that is not closed, is
 * one part: taking it apart would change what it means.
 */
export function filterParts(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const token of text.match(/'[^']*'|"[^"]*"|`[^`]*`|[()]|[A-Za-z_][\w.]*|[^]/g) ?? []) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    const word = token.toLowerCase();
    if (depth === 0 && (word === 'or' || word === 'not')) return [text.trim()].filter(Boolean);
    if (depth === 0 && word === 'and') {
      parts.push(part.trim());
      part = '';
    } else part += token;
  }
  const found = [...parts, part.trim()];
  const sound = depth === 0 && found.every(Boolean) && !/['"`]/.test(text.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, ''));
  return sound ? found : [text.trim()].filter(Boolean);
}

export interface FilterKeys {
  metrics: string[];
  params: string[];
  tags: string[];
}

/** The filter for runs with a star. */
export const STARRED = "tags.`handloom.starred` = 'true'";

/** Whether the filter asks for a part, and the filter with it or without it. */
export function togglePart(text: string, part: string): string {
  const parts = filterParts(text);
  if (parts.includes(part)) return parts.filter((one) => one !== part).join(' and ');
  return parts.length === 1 && /\b(or|not)\b/i.test(text.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '')) ? `(${text.trim()}) and ${part}` : [...parts, part].join(' and ');
}

export interface FilterHint {
  text: string;
  /** The text after taking the hint, and where the caret then stands. */
  whole: string;
  caret: number;
}

/** Whether the caret stands inside a quoted value, where no field can be typed. */
function inQuotes(before: string): boolean {
  return /^(?:[^'"]|'[^']*'|"[^"]*")*(?:'[^']*|"[^"]*)$/.test(before);
}

/** Fields that the word under the caret may become. */
export function filterHints(text: string, caret: number, keys: FilterKeys, most = 8): FilterHint[] {
  const before = text.slice(0, caret);
  if (inQuotes(before)) return [];
  const word = /[A-Za-z_][\w./:-]*(?:`[^`]*)?$/.exec(before)?.[0] ?? '';
  const rest = before.slice(0, before.length - word.length);
  if (!word && !/(^|\band\s+)$/i.test(rest)) return [];
  if (!/(^|\band\s+)$/i.test(rest)) return [];
  const fields = [
    ...keys.metrics.map((key) => fieldText('metrics', key)),
    ...keys.params.map((key) => fieldText('params', key)),
    ...keys.tags.map((key) => fieldText('tags', key)),
    ...filterAttributes.map((key) => fieldText('attributes', key)),
  ];
  const wanted = word.toLowerCase().replaceAll('`', '');
  const plain = (field: string) => field.toLowerCase().replaceAll('`', '');
  const starts = fields.filter((field) => plain(field).startsWith(wanted));
  const holds = fields.filter((field) => !plain(field).startsWith(wanted) && plain(field).includes(wanted));
  return [...starts, ...holds]
    .filter((field) => field !== word)
    .slice(0, most)
    .map((field) => ({ text: field, whole: `${rest}${field} ${text.slice(caret).trimStart()}`, caret: rest.length + field.length + 1 }));
}

const VALUE_AT = /(?:(params?|tags?)\.(`[^`]+`|"[^"]+"|[A-Za-z_][\w.]*)|(?:attributes?\.)?(status|user_id))\s*(?:=|!=|I?LIKE)\s*('[^']*|"[^"]*|[\w.-]*)$/i;

export interface FilterValue {
  /** What runs are grouped by to list its values: `params.depth`, `tags.team`, `status`, `user`. */
  field: string;
  typed: string;
  /** Where the value begins in the text. */
  from: number;
}

/** The value of a param, tag, status or user that is typed at the caret. */
export function filterValueAt(text: string, caret: number): FilterValue | null {
  const found = VALUE_AT.exec(text.slice(0, caret));
  if (!found || inQuotes(text.slice(0, found.index))) return null;
  const [, kind, key = '', attribute, typed = ''] = found;
  const plain = key.replaceAll(/^[`"]|[`"]$/g, '');
  const field = kind ? `${kind.toLowerCase().startsWith('param') ? 'params' : 'tags'}.${plain}` : attribute?.toLowerCase() === 'status' ? 'status' : 'user';
  return { field, typed: typed.replace(/^['"]/, ''), from: caret - typed.length };
}

/** Values that the one under the caret may become; a value with both kinds of quotes cannot be written in a filter. */
export function valueHints(text: string, caret: number, values: string[], most = 8): FilterHint[] {
  const at = filterValueAt(text, caret);
  if (!at) return [];
  const wanted = at.typed.toLowerCase();
  const rest = text.slice(caret).replace(/^['"]/, '');
  return values
    .filter((value) => value.toLowerCase().includes(wanted) && !(value.includes("'") && value.includes('"')))
    .slice(0, most)
    .map((value) => {
      const quoted = quote(value);
      return { text: quoted, whole: `${text.slice(0, at.from)}${quoted} ${rest.trimStart()}`, caret: at.from + quoted.length + 1 };
    });
}

/** The order_by for a column: `name`, `start_time`, `metrics.x`, `max(metrics.x)` ... */
export function orderText(field: string, down: boolean): string {
  const [, best, metric] = /^(min|max)\(metrics\.(.+)\)$/.exec(field) ?? [];
  if (best && metric) return `${best}(${fieldText('metrics', metric)}) ${down ? 'DESC' : 'ASC'}`;
  const [, kind, key] = /^(metrics|params|tags)\.(.+)$/.exec(field) ?? [];
  const name = (kind === 'metrics' || kind === 'params' || kind === 'tags') && key ? fieldText(kind, key) : `attributes.${field}`;
  return `${name} ${down ? 'DESC' : 'ASC'}`;
}
