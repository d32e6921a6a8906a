/** A picture of each type of chart. */
import {
  DataAreaRegular,
  DataBarVerticalRegular,
  DataHistogramRegular,
  DataLineRegular,
  DataPieRegular,
  DataScatterRegular,
  DataTreemapRegular,
  GridRegular,
} from '@fluentui/react-icons';
import type { JSX } from 'react';
import type { ChartType } from './frameChart';

export const CHART_ICONS: Record<ChartType, JSX.Element> = {
  bar: <DataBarVerticalRegular />,
  line: <DataLineRegular />,
  area: <DataAreaRegular />,
  scatter: <DataScatterRegular />,
  histogram: <DataHistogramRegular />,
  box: <DataTreemapRegular />,
  pie: <DataPieRegular />,
  heat: <GridRegular />,
};
