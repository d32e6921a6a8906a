/** What each key and menu entry does to the notebook. */
import { NotebookActions, type Notebook, type NotebookPanel } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import { bindings, strokes, type CommandId, type Mode } from '../keys';
import { reach } from './reach';
import { translator } from './translator';

/** Cells themselves, not the buttons and fields in them, must have the keys. */
const SELECTORS: Record<Mode, string> = {
  command: '.jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus:not(:read-write)',
  edit: '.jp-Notebook.jp-mod-editMode .jp-InputArea-editor',
  both: '.jp-Notebook',
};

/** Commands that the page carries out: they open its panels and dialogs, or ask the server. */
type PageCommandId = 'interrupt' | 'restart' | 'inspect' | 'format' | 'formatAll' | 'console' | 'keybindings';
export type PageCommands = Record<PageCommandId, () => unknown>;
export type NotebookCommandId = Exclude<CommandId, PageCommandId>;
export type NotebookCommands = Record<NotebookCommandId, () => unknown>;

/** The parts beside the cells that commands use. */
interface Tools {
  save: () => void;
  runStale: () => Promise<void>;
  find: (withReplace: boolean) => void;
  complete: () => void;
}

export function insertCell(notebook: Notebook, type: 'code' | 'markdown', index: number, source = ''): void {
  const { model } = notebook;
  if (!model) return;
  model.sharedModel.insertCell(index, { cell_type: type, source, metadata: type === 'code' ? { trusted: true } : {} });
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  notebook.mode = 'edit';
  void NotebookActions.focusActiveCell(notebook, { waitUntilReady: true, preventScroll: false });
}

/** Write code into the active cell if it is an empty code cell, else into a new one below it. */
export function insertCode(notebook: Notebook, code: string): void {
  const { model, activeCell } = notebook;
  if (!model) return;
  const empty = activeCell?.model.type === 'code' && !activeCell.readOnly && !activeCell.model.sharedModel.getSource().trim();
  if (empty) activeCell.model.sharedModel.setSource(code);
  else insertCell(notebook, 'code', notebook.activeCellIndex + 1, code);
}

export function toMarkdown(notebook: Notebook): void {
  NotebookActions.changeCellType(notebook, 'markdown', translator);
  void NotebookActions.run(notebook); // shows the text at once
}

export function createCommands(panel: NotebookPanel, tools: Tools): NotebookCommands {
  const notebook = panel.content;
  const { sessionContext } = panel;
  const act = NotebookActions;
  const go = (index: number) => {
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    reach(notebook, index);
    void act.focusActiveCell(notebook);
  };
  const focused = (action: (notebook: Notebook) => void) => () => {
    action(notebook);
    void act.focusActiveCell(notebook);
  };
  return {
    runAndAdvance: () => act.runAndAdvance(notebook, sessionContext, undefined, translator),
    run: () => act.run(notebook, sessionContext, undefined, translator),
    runAndInsert: () => act.runAndInsert(notebook, sessionContext, undefined, translator),
    runStale: tools.runStale,
    save: tools.save,
    enterEdit: () => {
      notebook.mode = 'edit';
    },
    enterCommand: () => {
      notebook.mode = 'command';
    },
    selectAbove: focused(act.selectAbove),
    selectBelow: focused(act.selectBelow),
    extendAbove: focused((one) => act.extendSelectionAbove(one)),
    extendBelow: focused((one) => act.extendSelectionBelow(one)),
    selectAll: focused(act.selectAll),
    first: () => go(0),
    last: () => go(notebook.widgets.length - 1),
    insertAbove: focused(act.insertAbove),
    insertBelow: focused(act.insertBelow),
    delete: focused(act.deleteCells),
    undo: focused(act.undo),
    redo: focused(act.redo),
    undoText: () => notebook.activeCell?.editor?.undo(),
    redoText: () => notebook.activeCell?.editor?.redo(),
    cut: focused(act.cut),
    copy: focused(act.copy),
    paste: focused((one) => act.paste(one, 'below')),
    pasteAbove: focused((one) => act.paste(one, 'above')),
    merge: focused((one) => act.mergeCells(one, false, false, translator)),
    split: () => act.splitCell(notebook, translator),
    moveUp: focused(act.moveUp),
    moveDown: focused(act.moveDown),
    toMarkdown: focused((one) => act.changeCellType(one, 'markdown', translator)),
    toCode: focused((one) => act.changeCellType(one, 'code', translator)),
    toggleOutput: focused(act.toggleOutput),
    lineNumbers: focused(act.toggleAllLineNumbers),
    fold: focused(act.selectHeadingAboveOrCollapseHeading),
    unfold: focused(act.selectHeadingBelowOrExpandHeading),
    complete: tools.complete,
    find: () => tools.find(false),
    findReplace: () => tools.find(true),
  };
}

/** What somebody who may only look at the notebook can do by keys. */
const READING: ReadonlySet<CommandId> = new Set<CommandId>([
  'enterEdit',
  'enterCommand',
  'selectAbove',
  'selectBelow',
  'extendAbove',
  'extendBelow',
  'selectAll',
  'first',
  'last',
  'copy',
  'lineNumbers',
  'fold',
  'unfold',
  'find',
  'keybindings',
]);

/** A key alone that is pressed on something in an output, such as a slider, belongs to that; running the cell does not. */
function isOfOutput(target: Element, { key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  const isAlone = !ctrlKey && !metaKey && !altKey && !(shiftKey && key === 'Enter');
  return isAlone && target.closest('.jp-OutputArea-output') !== null;
}

/** Bind the keys of the table; the completer's own come first while it is open. `page` and `reading` are read at each
 * key press. */
export function bindKeys(
  element: HTMLElement,
  own: NotebookCommands,
  page: () => PageCommands,
  reading: () => boolean,
  selectCompletion: () => void,
): () => void {
  const registry = new CommandRegistry();
  const add = (command: string, chord: string, selector: string) =>
    registry.addKeyBinding({ command, keys: strokes(chord), selector });
  for (const { id, keys, mode } of bindings) {
    registry.addCommand(id, { execute: () => (reading() && !READING.has(id) ? undefined : { ...own, ...page() }[id]()) });
    if (id === 'complete') {
      add(id, 'Tab', '.jp-Notebook.jp-mod-editMode .jp-mod-completer-enabled:not(.jp-mod-at-line-beginning)');
    } else {
      for (const chord of keys) add(id, chord, SELECTORS[mode]);
    }
  }
  registry.addCommand('selectCompletion', { execute: selectCompletion });
  add('selectCompletion', 'Enter', '.jp-Notebook .jp-mod-completer-active');

  const onKey = (event: KeyboardEvent) => {
    const { target } = event;
    if (target instanceof Element && (target.closest('[data-chrome]') || isOfOutput(target, event))) return;
    registry.processKeydownEvent(event);
  };
  element.addEventListener('keydown', onKey, true);
  return () => element.removeEventListener('keydown', onKey, true);
}
