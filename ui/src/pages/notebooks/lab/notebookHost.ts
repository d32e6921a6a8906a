/** Hosts JupyterLab's notebook in our page: puts it together, attaches it to an element, and disposes of it. */
import { Context } from '@jupyterlab/docregistry';
import { createMarkdownParser } from '@jupyterlab/markedparser-extension';
import { MathJaxTypesetter } from '@jupyterlab/mathjax-extension';
import {
  NotebookModelFactory,
  NotebookPanel,
  NotebookWidgetFactory,
  StaticNotebook,
  type Notebook,
  type INotebookModel,
} from '@jupyterlab/notebook';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import type { Kernel } from '@jupyterlab/services';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { i18n } from '../../../lib/i18n';
import type { Session } from '../../../api/schema';
import { Analysis } from './analysis';
import { bindKeys, createCommands, type NotebookCommands, type PageCommands } from './commands';
import { createCompletion } from './completion';
import { stablePath } from './drive';
import { acceptCode } from './drop';
import { CellFactory } from './cellFactory';
import { createEditors } from './editors';
import { HoverExplanation } from './explanation';
import { Executions } from './executions';
import { KernelConsole } from './kernelConsole';
import { foldHeadings } from './folding';
import { Frames, frameRenderers } from './frames';
import { NetworkPermission } from './outputs/network';
import type { Surroundings } from './outputs/html';
import { addRenderers } from './outputs/renderers';
import { Runner } from './runner';
import { Saver } from './saver';
import { Staleness } from './staleness';
import { createSearch } from './search';
import type { Jupyter } from './jupyter';
import { SessionLink } from './session';
import { translator } from './translator';
import { Widgets } from './widgets/widgets';
import './lab.css';

const IDLE = 4000;

export interface NotebookHost {
  panel: NotebookPanel;
  commands: NotebookCommands;
  frames: Frames;
  console: KernelConsole;
  runner: Runner;
  staleness: Staleness;
  analysis: Analysis;
  saver: Saver;
  link: SessionLink;
  search: ReturnType<typeof createSearch>;
  network: NetworkPermission;
  /** Put it on the page, with the page's own commands for its keys; gives how to take it off again. */
  attach: (element: HTMLElement, page: () => PageCommands, reading: () => boolean) => () => void;
  dispose: () => void;
}

export interface NotebookHostOptions {
  workspace: string;
  notebook: string;
  /** The file's path now. */
  file: string;
  startSession: () => Promise<Session>;
  who: () => string;
  whereabouts: () => Promise<boolean>;
}

export function createRendering(
  editors: ReturnType<typeof createEditors>,
  frames: Frames | null,
  around: Surroundings,
): RenderMimeRegistry {
  const rendermime = new RenderMimeRegistry({
    initialFactories: standardRendererFactories,
    latexTypesetter: new MathJaxTypesetter(),
    markdownParser: createMarkdownParser(editors.languages),
    translator,
  });
  addRenderers(rendermime, around);
  for (const factory of frames ? frameRenderers(frames) : []) rendermime.addFactory(factory, 20);
  return rendermime;
}

function createPanel(
  context: Context<INotebookModel>,
  frames: Frames,
  network: NetworkPermission,
  hover: HoverExplanation,
): { panel: NotebookPanel; widgets: Widgets } {
  const editors = createEditors(translator, hover);
  const rendermime = createRendering(editors, frames, { network, model: () => context.model });
  const widgets = new Widgets(rendermime, network, () => context.model);
  const { code, markdown } = StaticNotebook.defaultEditorConfig;
  const factory = new NotebookWidgetFactory({
    name: 'Notebook',
    modelName: 'notebook',
    fileTypes: ['notebook'],
    rendermime,
    contentFactory: new CellFactory({ editorFactory: editors.factory.newInlineEditor }),
    mimeTypeService: editors.mimeTypes,
    editorConfig: {
      ...StaticNotebook.defaultEditorConfig,
      code: { ...code, autoClosingBrackets: true, matchBrackets: true },
      markdown: { ...markdown, lineWrap: true },
    },
    notebookConfig: {
      ...StaticNotebook.defaultNotebookConfig,
      windowingMode: 'contentVisibility',
      recordTiming: true,
      scrollPastEnd: false,
      enableKernelInitNotification: false,
      disableDocumentWideUndoRedo: true,
    },
    translator,
  });
  const panel = factory.createNew(context);
  panel.toolbar.hide();
  return { panel, widgets };
}

/** Colours of code depend on a language, which files from elsewhere do not always name; sessions run Python. */
function nameLanguage(model: INotebookModel): void {
  if (!model.getMetadata('language_info')?.name) model.setMetadata('language_info', { name: 'python' });
}

/** The empty cell of a new notebook is in edit mode, which shows where one types: it gets the keys, unless a field has them. */
function focusEdited(notebook: Notebook): void {
  const { activeCell } = notebook;
  void activeCell?.ready.then(() => {
    if (activeCell.isDisposed || notebook.mode !== 'edit' || document.activeElement?.closest('[role=dialog], input, textarea')) return;
    activeCell.editor?.focus();
  });
}

/** Read the file and build the notebook. Rejects, as the contents API does, where the file is broken or gone. */
export async function openNotebookHost(
  { services, drive, kernels }: Jupyter,
  options: NotebookHostOptions,
  signal: AbortSignal,
): Promise<NotebookHost> {
  const path = stablePath(options.workspace, options.notebook);
  drive.setFile(path, options.file);
  const read = await drive.readAhead(path);
  signal.throwIfAborted();
  const context = new Context<INotebookModel>({
    manager: services,
    // text undoes in its cell, cells undo with Z: one history for both makes ydoc 4.2 write streamed output twice
    factory: new NotebookModelFactory({ disableDocumentWideUndoRedo: true }),
    path,
    kernelPreference: { shouldStart: false, canStart: false, autoStartDefault: false, shutdownOnDispose: false },
    translator,
  });
  await context.initialize(false);
  nameLanguage(context.model);
  const frames = new Frames();
  const network = new NetworkPermission(options.notebook);
  const hover = new HoverExplanation();
  const { panel, widgets } = createPanel(context, frames, network, hover);
  foldHeadings(panel.content);
  if (panel.model && panel.model.cells.length === 0) panel.model.sharedModel.insertCell(0, { cell_type: 'code' });

  const link = new SessionLink(panel.sessionContext, options.startSession, () => i18n.t('notebooks:queue.gone'));
  const runner = new Runner(context.model, link, options.who);
  const kernelConsole = new KernelConsole(panel, link);
  const executions = new Executions(panel, runner, kernelConsole);
  const staleness = new Staleness(panel, runner);
  const onConnection = (_: unknown, kernel: Kernel.IKernelConnection) => {
    if (kernel.id !== link.session?.kernel) return;
    executions.follow(kernel);
    staleness.follow(kernel);
    widgets.follow(kernel);
  };
  kernels.connecting.connect(onConnection);
  panel.sessionContext.kernelChanged.connect((_, { newValue }) => {
    if (!newValue) widgets.leave();
  });
  let writable = () => false;
  const saver = new Saver({
    model: context.model,
    drive,
    path,
    read,
    whereabouts: options.whereabouts,
    writable: () => writable(),
    prepare: () => widgets.keep(),
  });
  const analysis = new Analysis(panel, options.workspace, options.notebook, () => writable());
  hover.follow({ panel, analysis });
  const completion = createCompletion(panel, analysis);
  const search = createSearch(panel, panel.node);
  const commands = createCommands(panel, {
    save: () => void saver.save(),
    runStale: () => staleness.run(),
    find: (withReplace) => search.open(withReplace),
    complete: () => completion.handler.invoke(),
  });
  return {
    panel,
    commands,
    frames,
    console: kernelConsole,
    runner,
    staleness,
    analysis,
    saver,
    link,
    search,
    network,
    attach(element, page, reading) {
      writable = () => !reading();
      const stopDrops = acceptCode(element, panel.content, reading);
      const unbind = bindKeys(element, commands, page, reading, () => completion.handler.completer.selectActive());
      MessageLoop.sendMessage(panel, Widget.Msg.BeforeAttach);
      element.append(panel.node);
      MessageLoop.sendMessage(panel, Widget.Msg.AfterAttach);
      const watcher = new ResizeObserver(() => panel.update());
      watcher.observe(element);
      focusEdited(panel.content);
      return () => {
        watcher.disconnect();
        unbind();
        stopDrops();
        if (!panel.isDisposed && panel.isAttached) Widget.detach(panel);
      };
    },
    dispose() {
      kernels.connecting.disconnect(onConnection);
      search.close();
      completion.dispose();
      saver.dispose();
      analysis.dispose();
      staleness.dispose();
      kernelConsole.dispose();
      runner.dispose();
      link.dispose();
      context.sessionContext.dispose();
      // JupyterLab draws cells far from view while the browser idles, and does not stop for a notebook that is gone
      setTimeout(() => {
        panel.dispose();
        context.dispose();
      }, IDLE);
    },
  };
}
