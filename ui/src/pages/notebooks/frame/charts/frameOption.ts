/** A chart of a displayed frame as ECharts draws it. Pure. */
import type { EChartsCoreOption } from 'echarts/core';
import { chartPalette } from '../../../../lib/chartColors';
import { shortName, textStyle, tooltip, type ChartLook } from '../../../../lib/chartOption';
import { groupText, timeText, type AxisKind, type Group, type Numbers, type NumberWords } from './chartNumbers';
import type { ChartType } from './frameChart';

const LEAST_LEGEND = 2;
/** Times on an axis read the same in every language. */
const TIMES = {
  year: '{yyyy}',
  month: '{yyyy}-{MM}',
  day: '{MM}-{dd}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{ss}.{SSS}',
};

function categoryAxis(names: string[], look: ChartLook, name: string) {
  const letters = Math.max(6, Math.min(22, Math.floor(90 / Math.max(1, names.length / 8))));
  return {
    type: 'category',
    data: names,
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: textStyle(look),
    axisLine: { lineStyle: { color: look.ink.line } },
    axisTick: { show: false },
    axisLabel: { ...textStyle(look), hideOverlap: true, formatter: (text: string) => shortName(text, letters) },
  };
}

function scaleAxis(axis: AxisKind, look: ChartLook, name: string) {
  return {
    type: axis === 'time' ? 'time' : 'value',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: textStyle(look),
    scale: true,
    axisLine: { lineStyle: { color: look.ink.line } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { ...textStyle(look), hideOverlap: true, formatter: axis === 'time' ? TIMES : look.number },
  };
}

function valueAxis(look: ChartLook, scale: boolean) {
  return {
    type: 'value',
    name: look.yName,
    nameLocation: 'end',
    nameTextStyle: { ...textStyle(look), align: 'left' },
    scale,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...textStyle(look), formatter: look.number },
    splitLine: { lineStyle: { color: look.ink.line, opacity: 0.6 } },
  };
}

/** One series alone has the first colour. */
function colorAt(look: ChartLook, name: string): string {
  if (name === '') return chartPalette[0] ?? look.ink.text;
  return look.colors.get(name) ?? look.colorOf(name);
}

function shared(numbers: Numbers, look: ChartLook, trigger: 'item' | 'axis') {
  const legend = numbers.series.length >= LEAST_LEGEND;
  return {
    useUTC: true,
    animationDuration: 180,
    animationDurationUpdate: 180,
    textStyle: textStyle(look),
    grid: { left: 8, right: 24, top: look.yName ? 36 : 16, bottom: 26 + (legend ? 30 : 0), containLabel: true },
    tooltip: tooltip(look, trigger),
    legend: legend ? { bottom: 0, type: 'scroll', textStyle: textStyle(look), itemHeight: 8, itemWidth: 14 } : undefined,
  };
}

function bars(numbers: Numbers, look: ChartLook, words: NumberWords): EChartsCoreOption {
  const { categories, axis, interval } = numbers;
  const names = categories.map((one) => groupText(typeof one === 'number' && interval !== null ? [one, one + interval] : one, axis, words));
  return {
    ...shared(numbers, look, 'axis'),
    xAxis: categoryAxis(names, look, look.xName),
    yAxis: valueAxis(look, false),
    series: numbers.series.map(({ name, points }) => {
      const values = new Map(points.map(([x, y]) => [x, y]));
      return {
        type: 'bar',
        name: name || look.yName,
        barMaxWidth: 56,
        itemStyle: { borderRadius: [3, 3, 0, 0] },
        color: colorAt(look, name),
        data: categories.map((one) => (typeof one === 'object' ? null : (values.get(one) ?? null))),
      };
    }),
  };
}

function lines(numbers: Numbers, look: ChartLook, area: boolean): EChartsCoreOption {
  const { axis, categories } = numbers;
  return {
    ...shared(numbers, look, 'axis'),
    dataZoom: axis === 'category' ? undefined : [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl' }],
    xAxis: axis === 'category' ? categoryAxis(categories.map(String), look, look.xName) : scaleAxis(axis, look, look.xName),
    yAxis: valueAxis(look, !area),
    series: numbers.series.map(({ name, points }) => ({
      type: 'line',
      name: name || look.yName,
      color: colorAt(look, name),
      data: points,
      showSymbol: points.length < 40,
      symbolSize: 5,
      animation: false,
      lineStyle: { width: 2 },
      areaStyle: area ? { opacity: 0.18 } : undefined,
      emphasis: { focus: 'series' },
    })),
  };
}

function dots(numbers: Numbers, look: ChartLook): EChartsCoreOption {
  const { axis, categories } = numbers;
  return {
    ...shared(numbers, look, 'item'),
    tooltip: {
      ...tooltip(look, 'item'),
      formatter: ({ value, seriesName }: { value: unknown; seriesName: string }) => {
        const [x, y] = Array.isArray(value) ? value : [];
        const at = axis === 'time' ? timeText(Number(x)) : typeof x === 'number' ? look.number(x) : String(x);
        return escapeHtml(`${look.xName}: ${at}\n${seriesName}: ${look.number(Number(y))}`).replaceAll('\n', '<br>');
      },
    },
    dataZoom: [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl' }],
    xAxis: axis === 'category' ? categoryAxis(categories.map(String), look, look.xName) : scaleAxis(axis, look, look.xName),
    yAxis: valueAxis(look, true),
    series: numbers.series.map(({ name, points }) => ({
      type: 'scatter',
      name: name || look.yName,
      color: colorAt(look, name),
      symbolSize: points.length > 500 ? 5 : 8,
      itemStyle: { opacity: points.length > 500 ? 0.55 : 0.85 },
      emphasis: { focus: 'series' },
      data: points,
    })),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function histogram(numbers: Numbers, look: ChartLook, words: NumberWords): EChartsCoreOption {
  const names = numbers.bins.map(([low, high]) => groupText([low, high], numbers.axis, words));
  const starts = numbers.bins.map(([low]) => groupText(low, numbers.axis, words));
  return {
    ...shared(numbers, look, 'axis'),
    xAxis: {
      ...categoryAxis(names, look, look.xName),
      axisLabel: { ...textStyle(look), hideOverlap: true, formatter: (_: string, at: number) => starts[at] ?? '' },
    },
    yAxis: valueAxis(look, false),
    series: [
      { type: 'bar', name: look.yName, barCategoryGap: '4%', color: colorAt(look, ''), data: numbers.bins.map(([, , count]) => count) },
    ],
  };
}

function boxes(numbers: Numbers, look: ChartLook, words: NumberWords, parts: string[]): EChartsCoreOption {
  const names = numbers.boxes.map(({ name, group }) => {
    const text = groupText(group, numbers.axis, words);
    return name ? `${name} · ${text}` : text;
  });
  return {
    ...shared(numbers, look, 'item'),
    tooltip: {
      ...tooltip(look, 'item'),
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const values = numbers.boxes[dataIndex]?.values ?? [];
        const said = parts.map((part, i) => `${part}: ${look.number(values[i] ?? NaN)}`);
        return [names[dataIndex] ?? '', ...said].map(escapeHtml).join('<br>');
      },
    },
    xAxis: categoryAxis(names, look, look.xName),
    yAxis: valueAxis(look, true),
    series: [
      {
        type: 'boxplot',
        boxWidth: [12, 56],
        data: numbers.boxes.map(({ values }) => values),
        itemStyle: { color: look.ink.surface, borderColor: colorAt(look, ''), borderWidth: 2 },
      },
    ],
  };
}

function pie(numbers: Numbers, look: ChartLook, words: NumberWords): EChartsCoreOption {
  const [only] = numbers.series;
  const text = (group: Group) =>
    groupText(typeof group === 'number' && numbers.interval !== null ? [group, group + numbers.interval] : group, numbers.axis, words);
  const slices: { name: string; value: number | null; itemStyle: object }[] = (only?.points ?? []).map(([x, y]) => ({
    name: text(x),
    value: y,
    itemStyle: { color: colorAt(look, text(x)) },
  }));
  if (numbers.other !== null) slices.push({ name: words.other, value: numbers.other, itemStyle: { color: look.ink.subtle } });
  return {
    ...shared({ ...numbers, series: [] }, look, 'item'),
    legend: { bottom: 0, type: 'scroll', textStyle: textStyle(look), itemHeight: 8, itemWidth: 14 },
    series: [
      {
        type: 'pie',
        radius: ['38%', '68%'],
        center: ['50%', '46%'],
        itemStyle: { borderColor: look.ink.surface, borderWidth: 2 },
        label: { color: look.ink.text, fontFamily: look.ink.font, formatter: '{b}: {d}%' },
        data: slices,
      },
    ],
  };
}

function heat(numbers: Numbers, look: ChartLook, words: NumberWords, name: string): EChartsCoreOption {
  const values = numbers.cells.map(([, , value]) => value);
  const xs = numbers.categories.map((one) => groupText(one, numbers.axis, words));
  const ys = numbers.lines.map((one) => groupText(one, numbers.lineAxis, words));
  return {
    ...shared({ ...numbers, series: [] }, look, 'item'),
    grid: { left: 8, right: 84, top: 36, bottom: 26, containLabel: true },
    tooltip: {
      ...tooltip(look, 'item'),
      formatter: ({ value }: { value: unknown }) => {
        const [x, y, number] = Array.isArray(value) ? value : [];
        return [xs[Number(x)] ?? '', ys[Number(y)] ?? '', `${name}: ${look.number(Number(number))}`].map(escapeHtml).join('<br>');
      },
    },
    xAxis: categoryAxis(xs, look, look.xName),
    yAxis: { ...categoryAxis(ys, look, look.yName), nameLocation: 'end', nameGap: 12, nameTextStyle: { ...textStyle(look), align: 'left' } },
    visualMap: {
      min: Math.min(...values),
      max: Math.max(...values),
      calculable: false,
      orient: 'vertical',
      right: 0,
      top: 'middle',
      itemHeight: 140,
      textStyle: textStyle(look),
      formatter: (value: unknown) => look.number(Number(value)),
      inRange: { color: [look.ink.surface, '#7ec9c3', '#0c8a83', '#075450'] },
    },
    series: [{ type: 'heatmap', data: numbers.cells, itemStyle: { borderColor: look.ink.surface, borderWidth: 1 } }],
  };
}

interface Texts {
  words: NumberWords;
  /** Minimum, quartiles, maximum. */
  parts: string[];
  /** What the colours of a heat map tell. */
  value: string;
}

export function frameOption(type: ChartType, numbers: Numbers, look: ChartLook, { words, parts, value }: Texts): EChartsCoreOption {
  if (type === 'bar') return bars(numbers, look, words);
  if (type === 'scatter') return dots(numbers, look);
  if (type === 'histogram') return histogram(numbers, look, words);
  if (type === 'box') return boxes(numbers, look, words, parts);
  if (type === 'pie') return pie(numbers, look, words);
  if (type === 'heat') return heat(numbers, look, words, value);
  return lines(numbers, look, type === 'area');
}
