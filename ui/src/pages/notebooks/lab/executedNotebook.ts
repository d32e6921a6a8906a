/** Draws a notebook's document with its outputs, without a kernel, a file or a way to edit it. */
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { CellFactory } from './cellFactory';
import { createEditors } from './editors';
import { createRendering } from './notebookHost';
import { NetworkPermission } from './outputs/network';
import { translator } from './translator';
import { Widgets } from './widgets/widgets';
import './lab.css';

const IDLE = 4000;

/** Put the document into the element; returns how to take it off again. */
export function drawExecutedNotebook(element: HTMLElement, notebook: string, document: Record<string, unknown>): () => void {
  const editors = createEditors(translator);
  const model = new NotebookModel();
  model.sharedModel.fromJSON(JSON.parse(JSON.stringify(document)));
  model.readOnly = true;
  const network = new NetworkPermission(notebook);
  // without a session to ask, a table is the one that the output brings along
  const rendermime = createRendering(editors, null, { network, model: () => model });
  new Widgets(rendermime, network, () => model); // draws widgets as they were kept
  const { code, markdown } = StaticNotebook.defaultEditorConfig;
  const widget = new StaticNotebook({
    rendermime,
    contentFactory: new CellFactory({ editorFactory: editors.factory.newInlineEditor }),
    mimeTypeService: editors.mimeTypes,
    editorConfig: { ...StaticNotebook.defaultEditorConfig, code, markdown: { ...markdown, lineWrap: true } },
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'none', scrollPastEnd: false },
    translator,
  });
  widget.model = model;
  for (const cell of widget.widgets) cell.readOnly = true;
  MessageLoop.sendMessage(widget, Widget.Msg.BeforeAttach);
  element.append(widget.node);
  MessageLoop.sendMessage(widget, Widget.Msg.AfterAttach);
  return () => {
    if (widget.isAttached) Widget.detach(widget);
    // As with an open notebook: JupyterLab draws cells far from view while the browser idles.
    setTimeout(() => {
      widget.dispose();
      model.dispose();
    }, IDLE);
  };
}
