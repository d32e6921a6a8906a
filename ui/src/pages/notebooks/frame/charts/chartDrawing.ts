/** What is drawn of a chart of a displayed frame: its title, option, table and notes. Pure, for the page and for exported files. */
import type { TFunction } from 'i18next';
import { chartInks, colorOf, colorsOf } from '../../../../lib/chartColors';
import type { ChartLook } from '../../../../lib/chartOption';
import { formatNumber } from '../../../../lib/format';
import { numbersTable, type Note, type Numbers, type NumberWords } from './chartNumbers';
import { needs, type FrameChart, type Proposal } from './frameChart';
import { frameOption } from './frameOption';

type Texts = TFunction<'notebooks'>;

export function wordsOf(t: Texts, language: string): NumberWords {
  return {
    number: (value) => formatNumber(value, language),
    interval: (low, high) => t('chart.interval', { low, high }),
    other: t('chart.other'),
  };
}

/** What a chart is called: by the person, or by what it shows. */
export function titleOf(chart: Proposal | FrameChart, t: Texts): string {
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
}

export function drawingOf(chart: FrameChart, numbers: Numbers, words: NumberWords, theme: keyof typeof chartInks, t: Texts) {
  const { type, aggregation } = chart;
  const y = chart.y.map(({ name }) => name).join(', ');
  const counted = type === 'histogram' || !y || (aggregation === 'count' && type !== 'scatter' && type !== 'box');
  const plain = type === 'scatter' || type === 'box';
  const value = counted ? t('chart.count') : plain ? y : t('chart.titles.value', { aggregation: t(`chart.aggregation.${aggregation}`), y });
  const parts = (['min', 'q25', 'median', 'q75', 'max'] as const).map((one) => t(`frame.stat.${one}`));
  const names = { x: chart.x?.name ?? t('frame.column'), series: chart.split?.name ?? t('chart.series'), value, count: t('chart.count'), parts };
  const slices = type === 'pie' ? (numbers.series[0]?.points ?? []).map(([x]) => String(x)) : [];
  const look: ChartLook = {
    ink: chartInks[theme],
    colors: colorsOf([...numbers.series.map(({ name }) => name), ...slices]),
    colorOf,
    xName: chart.x?.name ?? '',
    yName: type === 'heat' ? (chart.split?.name ?? '') : value,
    labels: new Map(),
    number: words.number,
    large: true,
  };
  return { option: frameOption(type, numbers, look, { words, parts, value }), table: numbersTable(numbers, names, words) };
}

/** Over how many rows it was computed, and what it does not show. */
export function notesOf(numbers: Numbers, { earlier, narrowed }: { earlier: boolean; narrowed: boolean }, t: Texts, language: string): string {
  const say = (n: number) => new Intl.NumberFormat(language).format(n);
  const note = (one: Note) => {
    if (one.kind === 'missing') return t('chart.note.missing', { n: say(one.count), count: one.count });
    if (one.kind === 'intervals') return t('chart.note.intervals', { n: say(one.count), name: one.name });
    return t(`chart.note.${one.kind}`, { shown: say(one.shown), total: say(one.total) });
  };
  const rows = t(narrowed ? 'chart.note.matching' : 'chart.note.rows', { n: say(numbers.rows), count: numbers.rows });
  return [...new Set([...(earlier ? [t('chart.note.earlier')] : []), rows, ...numbers.notes.map(note)])].join(' · ');
}
