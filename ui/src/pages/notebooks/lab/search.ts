/** Find and replace in the notebook. */
import { CodeMirrorSearchHighlighter } from '@jupyterlab/codemirror';
import { SearchDocumentModel, SearchDocumentView } from '@jupyterlab/documentsearch';
import { NotebookSearchProvider, type NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { reach } from './reach';
import { translator } from './translator';

/** JupyterLab gives a cell that comes into view its editor a second time, and throws at that. */
const giveEditor = Reflect.get(CodeMirrorSearchHighlighter.prototype, 'setEditor');
CodeMirrorSearchHighlighter.prototype.setEditor = function (editor) {
  if (Reflect.get(this, '_cm') !== editor) giveEditor.call(this, editor);
};

const SETTLING_FRAMES = 20;

/** Scrolls to the first match of each new search, as browsers do; JupyterLab waits for Enter. */
class NotebookSearch extends NotebookSearchProvider {
  private shown = '';

  override async startQuery(...search: Parameters<NotebookSearchProvider['startQuery']>): Promise<void> {
    await super.startQuery(...search);
    const text = String(search[0]);
    if (text === this.shown) return; // the same again, because the notebook has changed
    this.shown = text;
    const match = await this.highlightNext(true, { from: 'selection-start', scroll: true, select: false });
    if (match) await this.keepActiveInView();
  }

  /** Cells that come into view get their real heights, which moves those below. */
  private async keepActiveInView(): Promise<void> {
    const { content } = this.widget;
    for (let frame = 0; frame < SETTLING_FRAMES && !content.isDisposed; frame += 1) {
      const cell = content.activeCell?.node.getBoundingClientRect();
      const view = content.outerNode.getBoundingClientRect();
      if (cell && (cell.bottom < view.top || cell.top > view.bottom)) reach(content, content.activeCellIndex);
      await new Promise(requestAnimationFrame);
    }
  }
}

export function createSearch(panel: NotebookPanel, element: HTMLElement) {
  let view: SearchDocumentView | undefined;
  const close = () => {
    const closing = view;
    view = undefined;
    closing?.model.dispose();
    closing?.dispose();
  };
  return {
    get isOpen() {
      return view !== undefined;
    },
    close,
    open(withReplace: boolean) {
      if (!view) {
        const provider = new NotebookSearch(panel, translator);
        view = new SearchDocumentView(new SearchDocumentModel(provider, 200), translator);
        view.addClass('handloom-search');
        const leave = () => {
          queueMicrotask(close); // the view still ends its query
          panel.content.activate();
        };
        view.closed.connect(leave);
        view.node.addEventListener('keydown', ({ key }) => key === 'Escape' && leave());
        Widget.attach(view, element);
        const selected = view.model.suggestedInitialQuery;
        if (selected) view.setSearchText(selected);
      }
      if (withReplace) view.showReplace();
      view.focusSearchInput();
    },
  };
}
