/** Everything that outputs are shown with beside the notebook library's own renderers. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { PLOTLY, PlotlyChart, VEGA, VegaChart } from './charts';
import { ERROR, ErrorOutput } from './errors';
import { Html, Script, Svg, type Surroundings } from './html';
import { JsonTree } from './json';
import { MarkdownText, PlainText, PRINTED, PRINTED_ERROR } from './plainText';
import './outputs.css';

/**
 * Must come before the notebook is built, or outputs in its file stay as they were drawn without. All are safe: they show
 * what comes from strangers, too, because none lets a script of an output into the page.
 */
export function addRenderers(rendermime: IRenderMimeRegistry, around: Surroundings): void {
  const add = (mimeTypes: string[], rank: number, create: (options: IRenderMime.IRendererOptions) => IRenderMime.IRenderer) =>
    rendermime.addFactory({ safe: true, mimeTypes, createRenderer: create }, rank);
  add([PLOTLY], 5, () => new PlotlyChart(PLOTLY));
  add(VEGA, 5, ({ mimeType }) => new VegaChart(mimeType));
  add(PRINTED, 120, (options) => new PlainText(options));
  add([PRINTED_ERROR], 110, (options) => new PlainText(options));
  add(['text/markdown'], 60, (options) => new MarkdownText(options));
  add(['text/html'], 40, (options) => new Html(options, around));
  add(['image/svg+xml'], 80, () => new Svg());
  add(['application/javascript', 'text/javascript'], 110, (options) => new Script(options, around));
  add([ERROR], 10, (options) => new ErrorOutput(options));
  add(['application/json', 'application/geo+json'], 100, ({ mimeType }) => new JsonTree(mimeType));
}
