/** What a chart of a displayed frame is called: by the person, or by what it shows. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { needs, type FrameChart, type Proposal } from './frameChart';

export function useChartTitle(): (chart: Proposal | FrameChart) => string {
  const { t } = useTranslation('notebooks');
  return useCallback(
    (chart) => {
      if ('title' in chart && chart.title) return chart.title;
      const x = chart.x?.name ?? '';
      const y = chart.y.map(({ name }) => name).join(', ');
      const { type, aggregation } = chart;
      if (type === 'histogram') return t('chart.titles.of', { type: t(`chart.type.${type}`), x });
      if (type === 'scatter') return t('chart.titles.pair', { x, y });
      if (type === 'box') return x ? t('chart.titles.by', { value: y, x }) : y || t('chart.type.box');
      const counted = aggregation === 'count' || !y;
      const value = counted ? t('chart.count') : t('chart.titles.value', { aggregation: t(`chart.aggregation.${aggregation}`), y });
      if (type === 'heat') return t('chart.titles.heat', { value, x, split: chart.split?.name ?? '' });
      return needs(type).x === 'needed' && !x ? t(`chart.type.${type}`) : t('chart.titles.by', { value, x });
    },
    [t],
  );
}
