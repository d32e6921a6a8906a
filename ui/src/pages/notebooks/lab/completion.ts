/** Completion of code: what the kernel knows, and the words of the notebook itself. */
import {
  Completer,
  CompleterModel,
  CompletionHandler,
  ContextCompleterProvider,
  KernelCompleterProvider,
  ProviderReconciliator,
} from '@jupyterlab/completer';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';

/** A kernel that imports something large answers late. */
const TIMEOUT = 5000;

export function createCompletion(panel: NotebookPanel) {
  const providers = [new KernelCompleterProvider(), new ContextCompleterProvider()];
  const sanitizer = panel.content.rendermime.sanitizer;
  const completer = new Completer({ editor: null, model: new CompleterModel(), sanitizer });
  completer.hide();
  Widget.attach(completer, document.body);

  const reconciliator = () => {
    const editor = panel.content.activeCell?.editor ?? null;
    const { session } = panel.sessionContext;
    return new ProviderReconciliator({
      context: { widget: panel, editor, session, sanitizer },
      providers,
      timeout: TIMEOUT,
    });
  };
  const handler = new CompletionHandler({ completer, reconciliator: reconciliator() });
  const follow = () => {
    const cell = panel.content.activeCell;
    handler.editor = cell?.model.type === 'code' ? cell.editor : null;
    handler.reconciliator = reconciliator();
    // far from the view a cell has no editor yet
    if (cell && !cell.editor) void cell.ready.then(() => cell === panel.content.activeCell && follow());
  };
  panel.content.activeCellChanged.connect(follow);
  panel.content.stateChanged.connect(follow);
  panel.sessionContext.sessionChanged.connect(follow);
  follow();

  return {
    handler,
    dispose() {
      panel.content.activeCellChanged.disconnect(follow);
      panel.content.stateChanged.disconnect(follow);
      panel.sessionContext.sessionChanged.disconnect(follow);
      handler.dispose();
      completer.dispose();
    },
  };
}
