/** Completion of code: what the kernel knows, or without a free one the server's analysis, and the notebook's words. */
import {
  Completer,
  CompleterModel,
  CompletionHandler,
  ContextCompleterProvider,
  KernelCompleterProvider,
  ProviderReconciliator,
  type CompletionHandler as Handler,
  type ICompletionContext,
  type ICompletionProvider,
} from '@jupyterlab/completer';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import type { Analysis } from './analysis';

/** A kernel that imports something large answers late. */
const TIMEOUT = 5000;

/** Whether the kernel would answer at once. */
function isFree({ session }: ICompletionContext): boolean {
  return session?.kernel?.connectionStatus === 'connected' && session.kernel.status === 'idle';
}

class FreeKernelProvider extends KernelCompleterProvider {
  override async isApplicable(context: ICompletionContext): Promise<boolean> {
    return isFree(context) && super.isApplicable(context);
  }
}

class AnalysisProvider implements ICompletionProvider {
  readonly identifier = 'handloom:analysis';
  readonly rank = 550;
  readonly renderer = null;

  constructor(private readonly analysis: Analysis) {}

  isApplicable(context: ICompletionContext): Promise<boolean> {
    return Promise.resolve(!isFree(context));
  }

  async fetch({ text, offset }: Handler.IRequest, { editor }: ICompletionContext): Promise<Handler.ICompletionItemsReply> {
    const found = editor ? await this.analysis.complete(editor) : [];
    const typed = /[\p{L}\p{N}_]*$/u.exec(text.slice(0, offset))?.[0] ?? '';
    const public_ = found.filter(({ label }) => typed.startsWith('_') || !label.startsWith('_'));
    return {
      start: offset - typed.length,
      end: offset,
      items: public_.map(({ label, kind }) => ({ label, type: kind })),
    };
  }
}

export function createCompletion(panel: NotebookPanel, analysis: Analysis) {
  const providers = [new FreeKernelProvider(), new AnalysisProvider(analysis), new ContextCompleterProvider()];
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
