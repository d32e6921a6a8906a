/** The parts of ECharts that our charts draw with. Loaded when the first chart is on screen. */
import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ParallelChart, PieChart, ScatterChart } from 'echarts/charts';
import {
  DataZoomInsideComponent, GridComponent, LegendComponent, ParallelComponent, TitleComponent, TooltipComponent, VisualMapContinuousComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([
  BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ParallelChart, PieChart, ScatterChart,
  DataZoomInsideComponent, GridComponent, LegendComponent, ParallelComponent, TitleComponent, TooltipComponent, VisualMapContinuousComponent,
  CanvasRenderer,
]);

export function mount(host: HTMLElement) {
  return echarts.init(host, undefined, { renderer: 'canvas' });
}
