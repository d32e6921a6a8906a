/** The parts of ECharts that our charts draw with. Loaded when the first chart is on screen. */
import { BarChart, BoxplotChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, LegendComponent, ParallelComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([
  BarChart, BoxplotChart, LineChart, ParallelChart, ScatterChart,
  DataZoomInsideComponent, GridComponent, LegendComponent, ParallelComponent, TooltipComponent,
  CanvasRenderer,
]);

export function mount(host: HTMLElement) {
  return echarts.init(host, undefined, { renderer: 'canvas' });
}
