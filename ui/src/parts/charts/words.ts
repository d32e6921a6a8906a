/** What axes and charts are called in the person's language. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { axisKey, plainAxes, type ChartSpec } from '../../lib/chartSpec';

export interface ChartWords {
  axis: (axis: string) => string;
  title: (spec: ChartSpec) => string;
}

export function useChartWords(): ChartWords {
  const { t } = useTranslation('experiments');
  return useMemo(() => {
    const axis = (name: string) => {
      const plain = plainAxes.find((one) => one === name);
      return plain ? t(`chart.axis.${plain}`) : (axisKey(name, 'params') ?? axisKey(name, 'metrics') ?? name);
    };
    const title = (spec: ChartSpec) => {
      if (spec.title) return spec.title;
      if (spec.type === 'contour' && spec.y[0] && spec.params.length > 1) return t('chart.contour.title', { metric: spec.y[0], x: spec.params[0], y: spec.params[1] });
      if (spec.type === 'parallel') return t('chart.type.parallel');
      return spec.y.join(', ') || t('chart.untitled');
    };
    return { axis, title };
  }, [t]);
}
