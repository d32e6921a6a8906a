/** Code that is dragged out of the pane of data: it is dropped on a line of its own, and beside the cells as a new one. */
import type { Notebook } from '@jupyterlab/notebook';
import { withCode } from '../../../lib/lakeCode';
import { insertCell } from './commands';

/** The type of a drag that carries code; other drags are the editor's. */
export const CODE_TYPE = 'application/x-handloom-code';

function drop(notebook: Notebook, event: DragEvent, code: string): void {
  const target = event.target instanceof Element ? event.target : null;
  const at = notebook.widgets.findIndex((cell) => target !== null && cell.node.contains(target));
  const cell = notebook.widgets[at];
  const editor = cell?.editor;
  if (!cell || cell.model.type !== 'code' || !editor) {
    insertCell(notebook, 'code', at < 0 ? notebook.widgets.length : at + 1, code);
    return;
  }
  if (cell.readOnly) return;
  const { clientX, clientY } = event;
  const place = { left: clientX, right: clientX, top: clientY, bottom: clientY, x: clientX, y: clientY, width: 0, height: 0 };
  const line = editor.getPositionForCoordinate(place)?.line ?? editor.lineCount - 1;
  const { sharedModel } = cell.model;
  sharedModel.setSource(withCode(sharedModel.getSource(), line, code));
  notebook.activeCellIndex = at;
}

/** Accept drags of code on the notebook's element; gives how to stop. */
export function acceptCode(element: HTMLElement, notebook: Notebook, reading: () => boolean): () => void {
  const holdsCode = (event: DragEvent) => !reading() && (event.dataTransfer?.types.includes(CODE_TYPE) ?? false);
  const onOver = (event: DragEvent) => {
    if (!holdsCode(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onDrop = (event: DragEvent) => {
    const code = holdsCode(event) ? event.dataTransfer?.getData(CODE_TYPE) : undefined;
    if (!code) return;
    event.preventDefault();
    event.stopPropagation();
    drop(notebook, event, code);
  };
  // Before the editors, which would put the text into the middle of a line.
  element.addEventListener('dragover', onOver, true);
  element.addEventListener('drop', onDrop, true);
  return () => {
    element.removeEventListener('dragover', onOver, true);
    element.removeEventListener('drop', onDrop, true);
  };
}
