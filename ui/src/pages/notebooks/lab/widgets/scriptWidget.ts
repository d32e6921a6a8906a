/** Widgets that bring their own script (anywidget): the script comes from the session and runs in a frame of its own. */
import { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';
import { i18n } from '../../../../lib/i18n';
import { PLOTLY, PlotlyChart } from '../outputs/charts';
import type { NetworkPermission } from '../outputs/network';
import { explain } from '../outputs/note';
import { ScriptFrame } from '../outputs/scriptFrame';
import { asFigure, copyWithBinary, hasBinary } from './arrays';
import { widgetMain } from './widgetFrame';

type Reply = (answer: unknown, transfer?: Transferable[]) => void;

/** The model's state without what only the manager reads. */
function stateOf(model: DOMWidgetModel, names: string[]): Record<string, unknown> {
  const hidden = ['layout', 'comm', 'tabbable', 'tooltip'];
  return Object.fromEntries(names.filter((name) => !hidden.includes(name)).map((name) => [name, model.get(name)]));
}

function buffersOf(value: unknown): ArrayBuffer[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is ArrayBuffer => one instanceof ArrayBuffer);
}

/** The classes of the module `anywidget`. */
export function scriptWidget(network: NetworkPermission) {
  class AnyModel extends DOMWidgetModel {
    /** As usual, but keep binary parts inside of lists and objects, as the arrays of figures are. */
    override serialize(state: Record<string, unknown>) {
      const binary = Object.entries(state).filter(([, value]) => hasBinary(value));
      const copies = Object.fromEntries(binary.map(([name, value]) => [name, copyWithBinary(value)]));
      return Object.assign(super.serialize({ ...state, ...Object.fromEntries(binary.map(([name]) => [name, null])) }), copies);
    }
  }

  class AnyView extends DOMWidgetView {
    private frame: ScriptFrame | undefined;
    private chart: PlotlyChart | undefined;

    override render(): void {
      const esm = String(this.model.get('_esm') ?? '');
      if (!esm) {
        this.showData();
        return;
      }
      const css = String(this.model.get('_css') ?? '').replaceAll('</style', '<\\/style');
      const html = `<style>${css}</style><div id="widget"></div><script>(${widgetMain.toString()})()</script>`;
      this.frame = new ScriptFrame({
        network,
        content: () => ({ html }),
        onMessage: (message, reply) => this.hear(message, reply, esm),
      });
      this.el.classList.add('handloom-script-widget');
      this.el.append(this.frame.node);
      this.listenTo(this.model, 'change', this.onChange);
      this.listenTo(this.model, 'msg:custom', this.onCustom);
    }

    /** A widget of a notebook's file, in which long scripts are not kept: a figure is drawn from its data. */
    private showData(): void {
      const data: unknown = this.model.get('_widget_data');
      if (!Array.isArray(data)) {
        explain(this.el, i18n.t('notebooks:outputs.widgetNeedsSession'));
        return;
      }
      this.chart = new PlotlyChart(PLOTLY);
      this.el.append(this.chart.node);
      const figure = Object(asFigure({ data, layout: this.model.get('_widget_layout') }));
      void this.chart.renderModel({ data: { [PLOTLY]: figure }, metadata: {}, trusted: false, setData: () => undefined });
    }

    private hear(message: object, reply: Reply, esm: string): void {
      const { widget, state, content, buffers } = Object(message);
      if (widget === 'begin') reply({ widget: 'state', esm, state: stateOf(this.model, this.model.keys()) });
      else if (widget === 'save') {
        this.changing = true;
        this.model.set(Object(state));
        this.changing = false;
        this.model.save_changes();
      } else if (widget === 'send') this.model.send(content, this.model.callbacks(this), buffersOf(buffers));
    }

    private changing = false;

    private onChange(): void {
      if (this.changing) return;
      const names = Object.keys(this.model.changedAttributes() || {});
      this.frame?.post({ widget: 'change', state: stateOf(this.model, names) });
    }

    private onCustom(content: unknown, buffers: unknown): void {
      this.frame?.post({ widget: 'message', content, buffers });
    }

    override remove() {
      this.frame?.dispose();
      this.chart?.dispose();
      return super.remove();
    }
  }

  return { AnyModel, AnyView };
}
