/** Parallel coordinates: one line a run across params and metrics. */
import type { EChartsCoreOption } from 'echarts/core';
import { isNumericParam, type ChartRun } from './chartData';
import { textStyle, tooltip, type ChartLook } from './chartOption';
import type { ChartSpec } from './chartSpec';
import { isInfinite } from './format';

export interface ParallelAxis {
  name: string;
  kind: 'params' | 'metrics';
  /** The distinct texts of a param that is not a number. */
  categories: string[] | null;
}

export function parallelAxes(spec: ChartSpec, runs: ChartRun[]): ParallelAxis[] {
  const params = spec.params.map((name): ParallelAxis => {
    if (isNumericParam(runs, name)) return { name, kind: 'params', categories: null };
    const texts = runs.map((run) => run.params[name]).filter((text) => text !== undefined);
    return { name, kind: 'params', categories: [...new Set(texts)].sort() };
  });
  return [...params, ...spec.y.map((name): ParallelAxis => ({ name, kind: 'metrics', categories: null }))];
}

/** A run's value on each axis; "-" without a value. */
export function parallelRow(axes: ParallelAxis[], run: ChartRun): (number | string)[] {
  return axes.map(({ name, kind, categories }) => {
    if (kind === 'metrics') {
      const value = run.metrics[name] ?? null;
      return value === null || isInfinite(value) ? '-' : value;
    }
    const text = run.params[name];
    return text === undefined ? '-' : categories ? text : Number(text);
  });
}

export function parallelOption(spec: ChartSpec, runs: ChartRun[], look: ChartLook): EChartsCoreOption {
  const axes = parallelAxes(spec, runs);
  const names = textStyle(look);
  return {
    animation: false,
    textStyle: names,
    tooltip: tooltip(look, 'item'),
    parallel: {
      left: 40,
      right: 56,
      top: 40,
      bottom: 16,
      parallelAxisDefault: {
        nameTextStyle: { ...names, color: look.ink.text },
        nameTruncate: { maxWidth: look.large ? 160 : 90 },
        axisLine: { lineStyle: { color: look.ink.line } },
        axisLabel: { ...names, formatter: (value: unknown) => (typeof value === 'number' ? look.number(value) : String(value)) },
        areaSelectStyle: { opacity: 0.2 },
      },
    },
    parallelAxis: axes.map(({ name, categories }, dim) => ({
      dim,
      name,
      scale: true,
      type: categories ? 'category' : spec.scale === 'log' && axes[dim]?.kind === 'metrics' ? 'log' : 'value',
      data: categories ?? undefined,
    })),
    series: runs.map((run) => ({
      type: 'parallel',
      name: look.labels.get(run.run_id) ?? run.name,
      lineStyle: { width: 2, opacity: 0.85, color: look.colors.get(run.run_id) ?? look.colorOf(run.run_id) },
      color: look.colors.get(run.run_id) ?? look.colorOf(run.run_id),
      emphasis: { lineStyle: { width: 4 } },
      data: [parallelRow(axes, run)],
    })),
  };
}
