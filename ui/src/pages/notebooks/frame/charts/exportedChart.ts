/**
 * Draws the charts of displayed frames in a notebook's HTML file. Built into one script of its own (vite.config.ts), which
 * the server puts into the file (store/notebooks/html/charts.py) and which calls `drawFrameChart` for each.
 */
import i18next from 'i18next';
import { chartInks } from '../../../../lib/chartColors';
import { chart as chartEn, frame as frameEn } from '../../../../locales/en/notebooks.json';
import { chart as chartKo, frame as frameKo } from '../../../../locales/ko/notebooks.json';
import { mountSvg } from '../../../../parts/charts/svg';
import { drawingOf, notesOf, titleOf, wordsOf } from './chartDrawing';
import { isEmpty, readNumbers } from './chartNumbers';
import { readCharts } from './frameChart';

const HEIGHT = 340;
const texts = i18next.createInstance();
void texts.init({
  initAsync: false,
  resources: { en: { notebooks: { chart: chartEn, frame: frameEn } }, ko: { notebooks: { chart: chartKo, frame: frameKo } } },
  fallbackLng: 'en',
  defaultNS: 'notebooks',
  interpolation: { escapeValue: false },
});

function element(name: string, text: string, style: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.style.cssText = style;
  return made;
}

/** Draws a chart as the notebook keeps it. Returns false where there is nothing to draw. */
function drawFrameChart(node: HTMLElement, kept: unknown): boolean {
  const [chart] = readCharts([kept]);
  const numbers = readNumbers(chart?.numbers);
  if (!chart || !numbers || isEmpty(numbers)) return false;
  const language = document.documentElement.lang;
  const t = texts.getFixedT(language, 'notebooks');
  const { subtle, text, font } = chartInks.light;
  const place = element('div', '', `height: ${HEIGHT}px`);
  node.style.padding = '12px 16px';
  node.append(
    element('h4', titleOf(chart, t), `margin: 0 0 8px; font: 600 14px ${font}; color: ${text}`),
    place,
    element('p', notesOf(numbers, { earlier: false, narrowed: false }, t, language), `margin: 4px 0 0; font: 12px ${font}; color: ${subtle}`),
  );
  const drawing = mountSvg(place);
  drawing.setOption({ ...drawingOf(chart, numbers, wordsOf(t, language), 'light', t).option, animation: false });
  new ResizeObserver(() => drawing.resize()).observe(place);
  return true;
}

Object.assign(globalThis, { drawFrameChart });
