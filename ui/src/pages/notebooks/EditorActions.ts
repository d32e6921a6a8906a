/** Actions of an open notebook, provided by context to its menus, keys, cells and bars. */
import { createContext, useContext } from 'react';
import type { Notebook } from '../../api/schema';

export const sides = ['contents', 'variables', 'data', 'problems', 'history'] as const;
export type Side = (typeof sides)[number];

export interface EditorActions {
  interrupt: () => void;
  /** Asks first. */
  restart: () => void;
  restartAndRunAll: () => void;
  /** Shows what the kernel knows of the name at the cursor. */
  inspect: () => void;
  /** Formats the selected cells. */
  format: () => unknown;
  formatAll: () => unknown;
  /** Shows pieces of code to insert. */
  snippets: () => void;
  rename: () => void;
  settings: () => void;
  /** Shows its schedules. */
  schedules: () => void;
  comments: () => void;
  /** Asks for values of the parameters. */
  runWithParameters: () => void;
  download: () => void;
  /** Downloads the code as a Python script with cells. */
  downloadScript: () => void;
  /** Saves, and downloads the notebook with its outputs as a page for any browser. */
  downloadHtml: () => unknown;
  /** Saves, and opens the page for paper. */
  print: () => unknown;
  saveCopy: () => Promise<Notebook | null>;
  /** Shows the list of keys. */
  keybindings: () => void;
  /** What stands at the left of the cells. */
  side: Side | null;
  showSide: (side: Side | null) => void;
  /** Whether the console is below the cells. */
  hasConsole: boolean;
  /** Shows or hides it. */
  console: () => void;
  /** false: the person may look at the notebook, and neither change nor run it. */
  canWrite: boolean;
}

const EditorActionsContext = createContext<EditorActions | null>(null);

export const EditorActionsProvider = EditorActionsContext.Provider;

export function useEditorActions(): EditorActions {
  const actions = useContext(EditorActionsContext);
  if (!actions) throw new Error('useEditorActions needs an EditorActionsProvider above it');
  return actions;
}
