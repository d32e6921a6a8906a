/** A chart as an SVG text, or drawn in SVG. Loaded when somebody saves one: the renderer is of no use on the page. */
import type { EChartsCoreOption } from 'echarts/core';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import './engine';

echarts.use(SVGRenderer);

export function mountSvg(host: HTMLElement) {
  return echarts.init(host, undefined, { renderer: 'svg' });
}

export function svgOf(option: EChartsCoreOption, width: number, height: number, backgroundColor: string): string {
  const drawing = echarts.init(null, undefined, { renderer: 'svg', ssr: true, width, height });
  drawing.setOption({ ...option, animation: false, backgroundColor });
  const text = drawing.renderToSVGString();
  drawing.dispose();
  return text;
}
