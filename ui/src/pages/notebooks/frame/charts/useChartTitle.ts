/** What a chart of a displayed frame is called, in the language of the page. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { titleOf } from './chartDrawing';
import type { FrameChart, Proposal } from './frameChart';

export function useChartTitle(): (chart: Proposal | FrameChart) => string {
  const { t } = useTranslation('notebooks');
  return useCallback((chart) => titleOf(chart, t), [t]);
}
