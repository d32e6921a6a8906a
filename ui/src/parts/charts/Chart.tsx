/** A chart that fills its parent and resizes with it. Screen readers get its numbers as a table. */
import type { ECharts, EChartsCoreOption } from 'echarts/core';
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';
import type { ChartTable } from '../../lib/chartTable';
import { usePrinting } from '../../lib/printing';
import styles from './Chart.module.css';
import { loadedEngine, loadEngine } from './loadEngine';
import { nearestFirst } from './nearestFirst';
import { applyZoom, joinZoom } from './zoomGroup';

export interface ChartHandle {
  /** The drawing as a PNG data URL at twice its size. */
  png: (background: string) => string;
  /** The drawing as the text of an SVG file. */
  svg: (background: string) => Promise<string>;
}

interface Props {
  option: EChartsCoreOption;
  /** What the chart shows, in a few words. */
  label: string;
  table: ChartTable;
  handle?: Ref<ChartHandle>;
  /** Charts of the same group are zoomed together. */
  zoomGroup?: string;
}

const SPOKEN_ROWS = 60;

/** Render charts only near the viewport and release others, since an experiment can have thousands of metrics. */
function useNearScreen(host: React.RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const watch = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: '300px',
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, [host]);
  return near;
}

/** Say in the page whether the drawing is complete: `undrawn` asks before it prints. */
function markDrawn(element: HTMLElement | null, drawn: boolean): void {
  if (element) element.dataset.chart = drawn ? 'drawn' : '';
}

/** The same without motion, of which paper would show the beginning. */
function still(option: EChartsCoreOption): EChartsCoreOption {
  return { ...option, animation: false };
}

/** How many charts in this element are not drawn yet. */
export function undrawn(element: HTMLElement): number {
  return element.querySelectorAll('[data-chart=""]').length;
}

export function Chart({ option: given, label, table, handle, zoomGroup }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const drawing = useRef<ECharts | null>(null);
  const pointer = useRef<number | null>(null);
  const option = useMemo(() => {
    const distance = (y: number) => Math.abs(Number(drawing.current?.convertToPixel({ yAxisIndex: 0 }, y)) - (pointer.current ?? 0));
    return nearestFirst(given, () => (pointer.current === null ? null : distance));
  }, [given]);
  const latest = useRef(option);
  const printing = usePrinting();
  const onPaper = useRef(printing);
  const onScreen = useNearScreen(host);
  const near = onScreen || printing;
  useImperativeHandle(handle, () => ({
    png: (backgroundColor) => drawing.current?.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor }) ?? '',
    svg: async (background) => {
      const { svgOf } = await import('./svg');
      return svgOf(latest.current, host.current?.clientWidth ?? 640, host.current?.clientHeight ?? 360, background);
    },
  }));

  useEffect(() => {
    latest.current = option;
    onPaper.current = printing;
    if (!drawing.current) return;
    markDrawn(host.current, false);
    if (printing) drawing.current.resize();
    // Under the pointer at once: ECharts follows it on the axes that are drawn, and fails on those that are to come.
    drawing.current.setOption(printing ? still(option) : option, { notMerge: true, lazyUpdate: zoomGroup === undefined && !printing && pointer.current === null });
    applyZoom(zoomGroup, drawing.current);
  }, [option, zoomGroup, printing]);

  useEffect(() => {
    const element = host.current;
    if (!element || !near) return;
    let gone = false;
    let leave: (() => void) | undefined;
    const sizes = new ResizeObserver(() => {
      // Observing tells the size once, which is the one that the chart was made for.
      const { current } = drawing;
      if (current && (current.getWidth() !== element.clientWidth || current.getHeight() !== element.clientHeight)) current.resize();
    });
    const draw = ({ mount }: Awaited<ReturnType<typeof loadEngine>>) => {
      if (gone) return;
      const chart = mount(element);
      drawing.current = chart;
      chart.on('finished', () => markDrawn(element, true));
      // Drawn in the next frame, so that a hundred curves are two short tasks of the page and not a long one.
      if (onPaper.current) chart.setOption(still(latest.current));
      else chart.setOption(latest.current, { lazyUpdate: true });
      chart.getZr().on('mousemove', ({ offsetY }) => {
        pointer.current = offsetY;
      });
      chart.getZr().on('globalout', () => {
        pointer.current = null;
      });
      if (zoomGroup !== undefined) {
        const join = () => {
          chart.off('rendered', join);
          applyZoom(zoomGroup, chart);
          leave = joinZoom(zoomGroup, chart);
        };
        chart.on('rendered', join);
      }
      sizes.observe(element);
    };
    const engine = loadedEngine();
    // At once where it can be: the browser's own menu prints when this effect has run.
    if (engine) draw(engine);
    else void loadEngine().then(draw);
    return () => {
      gone = true;
      leave?.();
      sizes.disconnect();
      drawing.current?.dispose();
      drawing.current = null;
      markDrawn(element, false);
    };
  }, [near, zoomGroup]);

  return (
    <div className={styles.frame} role="group" aria-label={label}>
      <div ref={host} className={styles.drawing} data-chart="" aria-hidden />
      <div className={styles.spoken}>
        <table aria-label={label}>
          <thead>
            <tr>
              {table.columns.map((column, at) => (
                <th key={at}>{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(0, SPOKEN_ROWS).map((row, at) => (
              <tr key={at}>
                {row.map((value, cell) => (
                  <td key={cell}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
