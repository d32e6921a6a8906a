/** The tooltip of curves: every curve at this place, the one nearest to the pointer first. */
import type { EChartsCoreOption } from 'echarts/core';
import { BAND } from '../../lib/chartOption';
import styles from './nearestFirst.module.css';

interface Item {
  seriesName: string;
  color: string;
  axisValueLabel: string;
  y: number;
}

function itemOf(given: unknown): Item {
  const { seriesName, color, axisValueLabel, value } = Object(given);
  const shown: unknown = Array.isArray(value) ? value[1] : value;
  const y = typeof shown === 'number' ? shown : NaN; // a gap is null
  return { seriesName: String(seriesName), color: String(color), axisValueLabel: String(axisValueLabel ?? ''), y };
}

/** Sort by the distance to the pointer; without one, the greatest value comes first. */
export function sorted(items: Item[], distance: ((y: number) => number) | null): Item[] {
  const seen = items.filter(({ y, seriesName }) => Number.isFinite(y) && !seriesName.startsWith(BAND));
  return distance ? seen.sort((a, b) => distance(a.y) - distance(b.y)) : seen.sort((a, b) => b.y - a.y);
}

function line(item: Item, nearest: boolean, number: (value: number) => string): HTMLElement {
  const row = document.createElement('div');
  row.className = nearest ? `${styles.row} ${styles.nearest}` : (styles.row ?? '');
  const dot = document.createElement('span');
  dot.className = styles.dot ?? '';
  dot.style.background = item.color;
  const name = document.createElement('span');
  name.className = styles.name ?? '';
  name.textContent = item.seriesName;
  const value = document.createElement('span');
  value.className = styles.value ?? '';
  value.textContent = number(item.y);
  row.append(dot, name, value);
  return row;
}

/** `distance` tells how far a value is drawn from the pointer, in pixels. Other tooltips are left as they are. */
export function nearestFirst(option: EChartsCoreOption, distance: () => ((y: number) => number) | null): EChartsCoreOption {
  const { trigger, valueFormatter } = Object(option.tooltip);
  if (trigger !== 'axis') return option;
  const formatter = (given: unknown) => {
    const items = sorted((Array.isArray(given) ? given : [given]).map(itemOf), distance());
    const head = document.createElement('div');
    head.textContent = items[0]?.axisValueLabel ?? '';
    return [head, ...items.map((item, at) => line(item, at === 0 && items.length > 1, valueFormatter))];
  };
  return { ...option, tooltip: { ...Object(option.tooltip), formatter } };
}
