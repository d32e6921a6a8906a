import { expect, test } from 'vitest';
import { nearestFirst } from './nearestFirst';

const curves = [
  { seriesName: 'low <b>', color: '#111', axisValueLabel: 'Step 480', value: [480, 1] },
  { seriesName: 'high', color: '#222', axisValueLabel: 'Step 480', value: [480, 9] },
  { seriesName: 'middle', color: '#333', axisValueLabel: 'Step 480', value: [480, 5] },
  { seriesName: 'gap', color: '#444', axisValueLabel: 'Step 480', value: [480, null] },
];

function lines(distance: ((y: number) => number) | null): string[] {
  const option = nearestFirst({ tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${value} m` } }, () => distance);
  const elements: HTMLElement[] = Object(option.tooltip).formatter(curves);
  return elements.map((element) => element.textContent ?? '');
}

test('the curve nearest to the pointer is listed first, then the others', () => {
  expect(lines((y) => Math.abs(y - 4))).toEqual(['Step 480', 'middle5 m', 'low <b>1 m', 'high9 m']);
});

test('without a pointer the greatest value is first, and markup in a name is text', () => {
  expect(lines(null)).toEqual(['Step 480', 'high9 m', 'middle5 m', 'low <b>1 m']);
});

test('tooltips of bars and points are left alone', () => {
  const option = { tooltip: { trigger: 'item' } };
  expect(nearestFirst(option, () => null)).toBe(option);
});
