/** JupyterLab's own words, in the person's language, for those that the page shows. */
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { i18n } from '../../../lib/i18n';

const KEYS = {
  'Type Markdown and LaTeX: $ α^2 $': 'typeMarkdown',
  'Click to expand': 'expand',
  'Show more outputs': 'moreOutputs',
  'The first %1 are displayed': 'firstOutputs',
  'Collapse Output': 'collapseOutput',
  'Expand Output': 'expandOutput',
  '%1 cell hidden': 'cellsHidden',
  '%1 cells hidden': 'cellsHidden',
  'Code Cell Content': 'codeCell',
  'Code Cell Content with Output': 'codeCellOutput',
  'Markdown Cell Content': 'markdownCell',
  'Raw Cell Content': 'rawCell',
  Cells: 'cells',
  '↑↓ for history. Search history with c-↑/c-↓': 'inputHistory',
  'Cell not executed due to pending input': 'pendingTitle',
  'The cell has not been executed to avoid kernel deadlock as there is another pending input! Type your input in the input box, press Enter and try again.':
    'pending',
  Find: 'find',
  Replace: 'replace',
  'Replace All': 'replaceAll',
  'Close Search Box': 'closeSearch',
  'Show Replace': 'showReplace',
  'Hide Replace': 'hideReplace',
  'Show Search Filters': 'showFilters',
  'Hide Search Filters': 'hideFilters',
  'Match Case': 'matchCase',
  'Match Whole Word': 'matchWord',
  'Use Regular Expression': 'regex',
  'Preserve Case': 'preserveCase',
  'Next Match': 'nextMatch',
  'Previous Match': 'previousMatch',
  'Search Cell Outputs': 'searchOutputs',
  'Search in the cell outputs.': 'searchOutputsHint',
  'Search in %1 Selected Cell': 'searchSelected',
  'Search in %1 Selected Cells': 'searchSelected',
  'Search in %1 Selected Line': 'searchSelected',
  'Search in %1 Selected Lines': 'searchSelected',
  Run: 'run',
  Ok: 'ok',
  Cancel: 'cancel',
  Close: 'close',
} as const;

function isKnown(text: string): text is keyof typeof KEYS {
  return Object.hasOwn(KEYS, text);
}

function fill(text: string, args: readonly unknown[]): string {
  return args.reduce<string>((whole, arg, i) => whole.replaceAll(`%${i + 1}`, String(arg)), text);
}

function say(text: string, args: readonly unknown[]): string {
  return fill(isKnown(text) ? i18n.t(`lab.${KEYS[text]}`, { ns: 'notebooks' }) : text, args);
}

const bundle: TranslationBundle = {
  __: (text, ...args) => say(text, args),
  _n: (one, many, n, ...args) => say(n === 1 ? one : many, [n, ...args]),
  _p: (_context, text, ...args) => say(text, args),
  _np: (_context, one, many, n, ...args) => say(n === 1 ? one : many, [n, ...args]),
  gettext: (text, ...args) => say(text, args),
  ngettext: (one, many, n, ...args) => say(n === 1 ? one : many, [n, ...args]),
  pgettext: (_context, text, ...args) => say(text, args),
  npgettext: (_context, one, many, n, ...args) => say(n === 1 ? one : many, [n, ...args]),
  dcnpgettext: (_domain, _context, one, many, n, ...args) => say(n === 1 ? one : many, [n, ...args]),
};

export const translator: ITranslator = {
  get languageCode() {
    return i18n.language;
  },
  load: () => bundle,
};
