/** Widgets of ipywidgets: one manager for each kernel, loaded with the first widget. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { IOutputModel, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { Panel } from '@lumino/widgets';
import { isCodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import { CLEARED } from '../../cleared';
import type { NetworkPermission } from '../outputs/network';
import { i18n } from '../../../../lib/i18n';
import { explain, messageOf } from '../outputs/note';
import type { Manager, SavedManager } from './kernelWidgets';
import { asStates, STATE, statesToKeep, VIEW, type WidgetStates } from './savedState';

const TARGET = 'jupyter.widget';

export class Widgets {
  readonly connected = new Signal<this, void>(this);
  private kernel: Kernel.IKernelConnection | undefined;
  private loading: Promise<Manager> | undefined;
  private live: Manager | undefined;
  private saved: Promise<SavedManager> | undefined;
  private readonly closing = new Set<string>();

  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    private readonly network: NetworkPermission,
    private readonly notebook: () => INotebookModel | null,
  ) {
    const createRenderer = (options: IRenderMime.IRendererOptions) => new WidgetOutput(this, options);
    // a widget acts in this page and in its session: only for outputs of this person's own session
    rendermime.addFactory({ safe: false, mimeTypes: [VIEW], createRenderer }, -10);
  }

  /** Take widgets from this kernel. Must come before its first message, or JupyterLab closes comms that nobody knows. */
  follow(kernel: Kernel.IKernelConnection): void {
    this.kernel = kernel;
    this.loading = this.live = undefined;
    kernel.registerCommTarget(TARGET, async (comm, message) => {
      const manager = await this.manager();
      await manager?.opened(comm, message);
    });
    this.connected.emit();
  }

  leave(): void {
    this.kernel = undefined;
    this.loading = this.live = this.saved = undefined;
    this.connected.emit();
  }

  async manager(): Promise<Manager | undefined> {
    const { kernel } = this;
    if (!kernel) return undefined;
    this.loading ??= import('./kernelWidgets').then((library) => {
      const manager = new library.Manager(kernel, this.rendermime, this.network);
      if (kernel === this.kernel) this.live = manager;
      manager.closed.connect((_, id) => this.clear(id));
      return manager;
    });
    return this.loading;
  }

  private get kept(): WidgetStates | null {
    return asStates(Object(this.notebook()?.getMetadata('widgets'))[STATE]);
  }

  /** The widgets as the file has them. */
  async fromFile(id: string): Promise<SavedManager | undefined> {
    const kept = this.kept;
    if (!kept || !(id in kept.state)) return undefined;
    this.saved ??= import('./kernelWidgets').then(async (library) => {
      const manager = new library.SavedManager(this.rendermime, this.network);
      await manager.set_state(JSON.parse(JSON.stringify(kept)));
      return manager;
    });
    return this.saved;
  }

  /** Takes widgets that their code has closed out of the outputs, as the server does; many at once, as loops close them. */
  private clear(id: string): void {
    this.closing.add(id);
    if (this.closing.size > 1) return;
    setTimeout(() => {
      const model = this.notebook();
      if (model) for (const [output, shown] of viewsIn(model)) if (this.closing.has(shown)) output.setData({ data: CLEARED, metadata: {} });
      this.closing.clear();
    });
  }

  /** Puts the widgets that the outputs show into the notebook, so that it shows them without a session, too. */
  keep(): void {
    const model = this.notebook();
    if (!model || !this.live) return;
    const live = asStates(JSON.parse(JSON.stringify(this.live.get_state_sync({ drop_defaults: true }))));
    const shown = [...viewsIn(model)].map(([, id]) => id);
    const states = statesToKeep(shown, live, this.kept);
    if (JSON.stringify(states) === JSON.stringify(this.kept)) return;
    if (states) model.setMetadata('widgets', { [STATE]: { ...states } });
    else model.deleteMetadata('widgets');
  }
}

/** The outputs of code cells that show a widget, with its id. */
function* viewsIn(model: INotebookModel): Generator<[IOutputModel, string]> {
  for (const cell of model.cells) {
    if (!isCodeCellModel(cell)) continue;
    for (let i = 0; i < cell.outputs.length; i += 1) {
      const output = cell.outputs.get(i);
      const id: unknown = Object(output.data[VIEW]).model_id;
      if (typeof id === 'string') yield [output, id];
    }
  }
}

/** The place of one widget in the outputs. Says so where it has no session to live in. */
class WidgetOutput extends Panel implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | undefined;
  private drawing = 0;

  constructor(
    private readonly all: Widgets,
    private readonly options: IRenderMime.IRendererOptions,
  ) {
    super();
    all.connected.connect(this.draw, this);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    await this.draw();
  }

  private async draw(): Promise<void> {
    const { model } = this;
    if (!model || this.isDisposed) return;
    this.drawing += 1;
    const turn = this.drawing;
    const stale = () => this.isDisposed || turn !== this.drawing;
    for (const widget of [...this.widgets]) widget.dispose();
    this.node.replaceChildren();
    const manager = await this.all.manager();
    if (stale()) return;
    const id = String(Object(model.data[this.options.mimeType]).model_id ?? '');
    try {
      if (manager && !manager.has_model(id)) await restored(manager);
      if (stale()) return;
      if (!manager?.has_model(id)) {
        const saved = await this.all.fromFile(id);
        if (stale()) return;
        if (saved) await this.showSaved(saved, id, stale);
        else this.explainMissing(model);
        return;
      }
      const view = await manager.create_view(await manager.get_model(id));
      if (stale()) view.remove();
      else this.addWidget(view.luminoWidget);
    } catch (error) {
      if (stale()) return;
      explain(this.node, i18n.t('notebooks:outputs.widgetFailed', { why: messageOf(error) }));
    }
  }

  /** A widget without its session, to look at. */
  private async showSaved(saved: SavedManager, id: string, stale: () => boolean): Promise<void> {
    const view = await saved.create_view(await saved.get_model(id));
    if (stale()) {
      view.remove();
      return;
    }
    view.luminoWidget.node.inert = true;
    this.addWidget(view.luminoWidget);
  }

  /** The text that the widget brought along says at least what it was. */
  private explainMissing(model: IRenderMime.IMimeModel): void {
    explain(this.node, i18n.t('notebooks:outputs.widgetNeedsSession'));
    const plain = model.data['text/plain'];
    if (typeof plain !== 'string') return;
    const text = document.createElement('pre');
    text.textContent = plain;
    this.node.append(text);
  }

  override dispose(): void {
    Signal.clearData(this);
    super.dispose();
  }
}

/** Waits until the manager has asked the kernel for its widgets. */
function restored(manager: Manager): Promise<void> {
  if (manager.restoredStatus) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      manager.restored.disconnect(done);
      resolve();
    };
    manager.restored.connect(done);
  });
}
