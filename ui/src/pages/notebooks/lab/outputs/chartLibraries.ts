/**
 * The libraries of charts, as the files of their packages. A page loads them as scripts with the first chart, and
 * notebooks that are exported carry the same files.
 */
import plotlyScript from 'plotly.js-dist-min/plotly.min.js?url';
import type vegaEmbed from 'vega-embed';
import vegaScript from '../../../../../node_modules/vega/build/vega.min.js?url';
import vegaLiteScript from '../../../../../node_modules/vega-lite/build/vega-lite.min.js?url';
import vegaEmbedScript from '../../../../../node_modules/vega-embed/build/vega-embed.min.js?url';

interface Plotly {
  react: (node: HTMLElement, data: unknown, layout: unknown, config: unknown) => Promise<unknown>;
  purge: (node: HTMLElement) => void;
}

declare global {
  interface Window {
    Plotly?: Plotly;
    vegaEmbed?: typeof vegaEmbed;
  }
}

const loading = new Map<string, Promise<void>>();

/** Runs a script once; one that did not come is asked for again with the next chart. */
function run(url: string): Promise<void> {
  const known = loading.get(url);
  if (known) return known;
  const loaded = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      loading.delete(url);
      script.remove();
      reject(new Error(url));
    };
    document.head.append(script);
  });
  loading.set(url, loaded);
  return loaded;
}

export async function loadPlotly(): Promise<Plotly> {
  await run(plotlyScript);
  if (!window.Plotly) throw new Error(plotlyScript);
  return window.Plotly;
}

export async function loadVega(): Promise<typeof vegaEmbed> {
  for (const script of [vegaScript, vegaLiteScript, vegaEmbedScript]) await run(script);
  if (!window.vegaEmbed) throw new Error(vegaEmbedScript);
  return window.vegaEmbed;
}
