/** Charts that come as data: Plotly's figures and Vega's specifications. Their libraries load with the first chart. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { i18n } from '../../../../lib/i18n';
import { loadPlotly, loadVega } from './chartLibraries';
import { explain, messageOf } from './note';
import { isDark, onThemeChange } from './theme';

export const PLOTLY = 'application/vnd.plotly.v1+json';
export const VEGA = ['2', '3', '4', '5', '6'].flatMap((version) =>
  ['vega', 'vegalite'].flatMap((kind) => [
    `application/vnd.${kind}.v${version}+json`,
    `application/vnd.${kind}.v${version}.json`,
  ]),
);
/** Traces that load outlines or tiles from elsewhere. */
const MAPS = /^(?:choropleth|scattergeo|choroplethmap|densitymap|scattermap)(?:box)?$/;
const USUAL_HEIGHT = 450;

interface Figure {
  data?: { type?: string }[];
  layout?: { template?: { layout?: Record<string, unknown> }; [key: string]: unknown };
  config?: Record<string, unknown>;
}

/** Renderers may change what they draw, and the notebook's model must not change with it. */
function copyOf(value: unknown) {
  return JSON.parse(JSON.stringify(value ?? {}));
}

abstract class Chart extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | undefined;
  private readonly unwatch: () => void;

  constructor(protected readonly mimeType: string) {
    super();
    this.addClass('handloom-chart');
    this.unwatch = onThemeChange(() => {
      if (this.model) void this.renderModel(this.model);
    });
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    try {
      await this.draw(copyOf(model.data[this.mimeType]));
    } catch (error) {
      this.node.replaceChildren();
      explain(this.node, i18n.t('notebooks:outputs.chartFailed', { why: messageOf(error) }));
    }
  }

  protected abstract draw(content: unknown): Promise<void>;

  override dispose(): void {
    this.unwatch();
    super.dispose();
  }
}

export class PlotlyChart extends Chart {
  private release: (() => void) | undefined;

  protected async draw(figure: Figure): Promise<void> {
    const { data = [], layout = {}, config = {} } = figure;
    if (data.some(({ type }) => MAPS.test(type ?? ''))) {
      this.node.replaceChildren();
      explain(this.node, i18n.t('notebooks:outputs.map'));
      return;
    }
    const plotly = await loadPlotly();
    if (this.isDisposed) return;
    const node = this.place();
    const size = { height: USUAL_HEIGHT, ...withTheme(layout) };
    await plotly.react(node, data, size, { responsive: true, displaylogo: false, ...config, showSendToCloud: false });
    this.release = () => plotly.purge(node);
  }

  private place(): HTMLElement {
    const [first] = this.node.children;
    if (first instanceof HTMLElement && first.classList.contains('handloom-plotly')) return first;
    const node = document.createElement('div');
    node.className = 'handloom-plotly';
    this.node.replaceChildren(node);
    return node;
  }

  override dispose(): void {
    this.release?.();
    super.dispose();
  }
}

/** Plotly's own standard template is made for white paper: in the dark, its grounds and lines give way. */
function withTheme(layout: NonNullable<Figure['layout']>): Figure['layout'] {
  const template = layout.template?.layout;
  if (!isDark() || (template && template.paper_bgcolor !== 'white')) return layout;
  const axis = { gridcolor: '#454545', linecolor: '#5c5c5c', zerolinecolor: '#5c5c5c' };
  const dark: Record<string, unknown> = {
    ...template,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(255,255,255,0.04)',
    font: { color: '#e0e0e0' },
  };
  for (const name of ['xaxis', 'yaxis']) dark[name] = { ...Object(template?.[name]), ...axis };
  return { ...layout, template: { ...layout.template, layout: dark } };
}

export class VegaChart extends Chart {
  private finalize: (() => void) | undefined;

  protected async draw(spec: Record<string, unknown>): Promise<void> {
    const embed = await loadVega();
    if (this.isDisposed) return;
    this.finalize?.();
    const node = document.createElement('div');
    this.node.replaceChildren(node);
    const mode = this.mimeType.includes('vegalite') ? 'vega-lite' : 'vega';
    const options = Object(Object(spec.usermeta).embedOptions);
    const result = await embed(node, spec, {
      mode,
      actions: false,
      ast: true, // expressions are interpreted, not compiled: a specification cannot run as code
      config: { background: 'transparent' },
      renderer: options.renderer === 'canvas' ? 'canvas' : 'svg',
      loader: { ...loader(), sanitize: (uri: string, context: { context?: string }) => this.allow(uri, context) },
      ...(isDark() ? { theme: 'dark' } : {}),
    });
    this.finalize = () => result.finalize();
  }

  /** The address as it may be used: charts read no data from elsewhere, because the page's own rights would be lent. */
  private allow(uri: string, { context }: { context?: string }): Promise<{ href: string }> {
    const known = context === 'href' ? /^https?:/i.test(uri) : /^data:/i.test(uri);
    if (known) return Promise.resolve({ href: uri, ...(context === 'href' ? { target: '_blank', rel: 'noopener' } : {}) });
    explain(this.node, i18n.t('notebooks:outputs.chartData', { url: uri.slice(0, 200) }));
    return Promise.reject(new Error(uri.slice(0, 200)));
  }

  override dispose(): void {
    this.finalize?.();
    super.dispose();
  }
}

/** Reads what `allow` lets through, which carries its data in itself. */
function loader() {
  const http = async (url: string) => new TextDecoder().decode(decoded(url));
  const load = async function load(this: { sanitize: (uri: string, o: object) => Promise<{ href: string }> }, uri: string) {
    return http((await this.sanitize(uri, {})).href);
  };
  return { options: {}, fileAccess: false, file: () => Promise.reject(new Error('file')), http, load };
}

function decoded(url: string): Uint8Array {
  const [head = '', body = ''] = url.split(/,(.*)/s);
  const text = head.endsWith(';base64') ? atob(body) : decodeURIComponent(body);
  return head.endsWith(';base64') ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(text);
}
