/** The manager of ipywidgets, without a JupyterLab application. Loaded with the first widget. */
import * as base from '@jupyter-widgets/base';
import * as controls from '@jupyter-widgets/controls';
import { KernelWidgetManager, LabWidgetManager } from '@jupyter-widgets/jupyterlab-manager/lib/manager';
import * as output from '@jupyter-widgets/jupyterlab-manager/lib/output';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { i18n } from '../../../../lib/i18n';
import { explain } from '../outputs/note';
import type { NetworkPermission } from '../outputs/network';
import { scriptWidget } from './scriptWidget';
import '@jupyter-widgets/base/css/index.css';
import '@jupyter-widgets/controls/css/widgets-base.css';
import '@jupyter-widgets/controls/css/labvariables.css';
import './icons.css';

type Class = typeof base.WidgetModel | typeof base.WidgetView;
type Find = (name: string, module: string, version: string) => Promise<Class>;

/** The browser code of a widget. Where it is not part of this page, the widget says so in its place. */
async function classOf(scripts: Record<string, Class>, usual: Find, ...[name, module, version]: Parameters<Find>): Promise<Class> {
  const script = module === 'anywidget' ? scripts[name] : undefined;
  if (script) return script;
  if (module.startsWith('@jupyter-widgets/')) return usual(name, module, version);
  return name.endsWith('Model') ? ForeignModel : ForeignView;
}

function registerAll(manager: LabWidgetManager): void {
  manager.register({ name: '@jupyter-widgets/base', version: base.JUPYTER_WIDGETS_VERSION, exports: classesOf(base) });
  const version = controls.JUPYTER_CONTROLS_VERSION;
  manager.register({ name: '@jupyter-widgets/controls', version, exports: classesOf(controls) });
  const { OutputModel, OutputView } = output;
  const exports = classesOf({ OutputModel, OutputView });
  manager.register({ name: '@jupyter-widgets/output', version: output.OUTPUT_WIDGET_VERSION, exports });
}

/** The widgets of a live session. */
export class Manager extends KernelWidgetManager {
  readonly closed = new Signal<this, string>(this);
  private readonly scripts: Record<string, Class>;

  constructor(kernel: Kernel.IKernelConnection, rendermime: IRenderMimeRegistry, network: NetworkPermission) {
    super(kernel, rendermime);
    this.scripts = scriptWidget(network);
    registerAll(this);
  }

  /** Tells of each widget that its code has closed. */
  override register_model(id: string, promise: Promise<base.WidgetModel>): void {
    super.register_model(id, promise);
    const follow = (model: base.WidgetModel) => model.once('comm:close', () => this.closed.emit(id));
    void promise.then(follow, () => undefined);
  }

  opened(comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): Promise<void> {
    return this._handleCommOpen(comm, message);
  }

  protected override loadClass(...which: Parameters<Find>): Promise<Class> {
    return classOf(this.scripts, (...usual) => super.loadClass(...usual), ...which);
  }
}

/** Widgets as they were when the notebook was saved, to look at. */
export class SavedManager extends LabWidgetManager {
  private readonly scripts: Record<string, Class>;

  constructor(rendermime: IRenderMimeRegistry, network: NetworkPermission) {
    super(rendermime);
    this.scripts = scriptWidget(network);
    registerAll(this);
  }

  get kernel(): null {
    return null;
  }

  override _get_comm_info(): Promise<Record<string, never>> {
    return Promise.resolve({});
  }

  protected override loadClass(...which: Parameters<Find>): Promise<Class> {
    return classOf(this.scripts, (...usual) => super.loadClass(...usual), ...which);
  }
}

class ForeignModel extends base.DOMWidgetModel {}

class ForeignView extends base.DOMWidgetView {
  override render(): void {
    explain(this.el, i18n.t('notebooks:outputs.foreignWidget', { module: String(this.model.get('_model_module')) }));
  }
}

function classesOf(library: object) {
  return Object.fromEntries(Object.entries(library));
}
