/** The notebook's keys, as people of Jupyter know them: one table for what they do and for the list in the View menu. */

export type Mode = 'command' | 'edit' | 'both';

/** Keys in Lumino's words: "Accel" is Ctrl, on a Mac ⌘. Several chords do the same; an inner blank is a sequence. */
export const bindings = [
  { id: 'runAndAdvance', keys: ['Shift Enter'], mode: 'both', group: 'run' },
  { id: 'run', keys: ['Ctrl Enter', 'Accel Enter'], mode: 'both', group: 'run' },
  { id: 'runAndInsert', keys: ['Alt Enter'], mode: 'both', group: 'run' },
  { id: 'runStale', keys: ['Shift R'], mode: 'command', group: 'run' },
  { id: 'interrupt', keys: ['I, I'], mode: 'command', group: 'run' },
  { id: 'restart', keys: ['0, 0'], mode: 'command', group: 'run' },
  { id: 'save', keys: ['Accel S'], mode: 'both', group: 'run' },
  { id: 'enterEdit', keys: ['Enter'], mode: 'command', group: 'move' },
  { id: 'enterCommand', keys: ['Escape', 'Ctrl M'], mode: 'edit', group: 'move' },
  { id: 'selectAbove', keys: ['ArrowUp', 'K'], mode: 'command', group: 'move' },
  { id: 'selectBelow', keys: ['ArrowDown', 'J'], mode: 'command', group: 'move' },
  { id: 'extendAbove', keys: ['Shift ArrowUp', 'Shift K'], mode: 'command', group: 'move' },
  { id: 'extendBelow', keys: ['Shift ArrowDown', 'Shift J'], mode: 'command', group: 'move' },
  { id: 'selectAll', keys: ['Accel A'], mode: 'command', group: 'move' },
  { id: 'first', keys: ['Accel Home', 'Accel ArrowUp'], mode: 'command', group: 'move' },
  { id: 'last', keys: ['Accel End', 'Accel ArrowDown'], mode: 'command', group: 'move' },
  { id: 'insertAbove', keys: ['A'], mode: 'command', group: 'cells' },
  { id: 'insertBelow', keys: ['B'], mode: 'command', group: 'cells' },
  { id: 'delete', keys: ['D, D', 'Shift D'], mode: 'command', group: 'cells' },
  { id: 'undo', keys: ['Z', 'Accel Z'], mode: 'command', group: 'cells' },
  { id: 'redo', keys: ['Shift Z', 'Accel Shift Z'], mode: 'command', group: 'cells' },
  { id: 'cut', keys: ['X', 'Accel X'], mode: 'command', group: 'cells' },
  { id: 'copy', keys: ['C', 'Accel C'], mode: 'command', group: 'cells' },
  { id: 'paste', keys: ['V', 'Accel V'], mode: 'command', group: 'cells' },
  { id: 'pasteAbove', keys: ['Shift V'], mode: 'command', group: 'cells' },
  { id: 'merge', keys: ['Shift M'], mode: 'command', group: 'cells' },
  { id: 'split', keys: ['Ctrl Shift -'], mode: 'edit', group: 'cells' },
  { id: 'moveUp', keys: ['Ctrl Shift ArrowUp'], mode: 'both', group: 'cells' },
  { id: 'moveDown', keys: ['Ctrl Shift ArrowDown'], mode: 'both', group: 'cells' },
  { id: 'toMarkdown', keys: ['M'], mode: 'command', group: 'cells' },
  { id: 'toCode', keys: ['Y'], mode: 'command', group: 'cells' },
  { id: 'toggleOutput', keys: ['O'], mode: 'command', group: 'view' },
  { id: 'lineNumbers', keys: ['Shift L'], mode: 'command', group: 'view' },
  { id: 'fold', keys: ['ArrowLeft'], mode: 'command', group: 'view' },
  { id: 'unfold', keys: ['ArrowRight'], mode: 'command', group: 'view' },
  { id: 'undoText', keys: ['Accel Z'], mode: 'edit', group: 'edit' },
  { id: 'redoText', keys: ['Accel Shift Z', 'Accel Y'], mode: 'edit', group: 'edit' },
  { id: 'complete', keys: ['Tab'], mode: 'edit', group: 'edit' },
  { id: 'inspect', keys: ['Shift Tab'], mode: 'edit', group: 'edit' },
  { id: 'format', keys: ['Shift Alt F'], mode: 'both', group: 'edit' },
  { id: 'formatAll', keys: ['Shift Alt A'], mode: 'both', group: 'edit' },
  { id: 'find', keys: ['Accel F'], mode: 'both', group: 'edit' },
  { id: 'findReplace', keys: ['Accel H'], mode: 'both', group: 'edit' },
  { id: 'console', keys: ['Accel Shift `'], mode: 'both', group: 'view' },
  { id: 'keybindings', keys: ['H', 'Shift /'], mode: 'command', group: 'view' },
] as const satisfies readonly { id: string; keys: readonly string[]; mode: Mode; group: string }[];

export type CommandId = (typeof bindings)[number]['id'];
export const groups = ['run', 'move', 'cells', 'edit', 'view'] as const;

const SHOWN: Record<string, string> = {
  Accel: 'Ctrl',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
};
/** Chords that are known by the sign they type. */
const SIGNS: Record<string, string> = { 'Shift /': '?' };

/** A chord as it is printed: "Ctrl+Shift+↑", "D D". */
export function shownKeys(chord: string): string {
  const sign = SIGNS[chord];
  if (sign) return sign;
  return chord
    .split(', ')
    .map((stroke) => stroke.split(' ').map((key) => SHOWN[key] ?? key).join('+'))
    .join(' ');
}

/** All chords of a command, each once. */
export function allKeys(chords: readonly string[]): string[] {
  return [...new Set(chords.map(shownKeys))];
}

/** The chord that menus show beside a command. */
export function firstKeys(id: CommandId): string {
  const chord = bindings.find((binding) => binding.id === id)?.keys[0];
  return chord ? shownKeys(chord) : '';
}

/** A chord as Lumino wants it: one text per stroke. */
export function strokes(chord: string): string[] {
  return chord.split(', ');
}
