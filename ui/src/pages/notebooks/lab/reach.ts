/** The way to a cell. Cells of a large notebook are drawn in their order while the page is idle; one that is asked for is drawn at once. */
import type { Notebook } from '@jupyterlab/notebook';
import { PanelLayout } from '@lumino/widgets';

/** How long a cell is kept in sight once all cells are drawn: long outputs are shortened after that. */
const SETTLING_MS = 1_000;
/** What a person does to go elsewhere. */
const LEAVING = ['wheel', 'pointerdown', 'keydown', 'touchmove'];
const holds = new WeakMap<Notebook, () => void>();

/** Scrolls to a cell: to the top of the window, or just so far that it is seen. */
export function reach(notebook: Notebook, index: number, block: 'start' | 'nearest' = 'nearest'): void {
  const { layout } = notebook;
  const cell = notebook.widgets[index];
  if (!cell) return;
  holds.get(notebook)?.();
  const { node } = cell;
  const isLoading = () => notebook.widgets.some((one) => !one.isAttached);
  const loading = isLoading();
  if (!cell.isAttached && layout instanceof PanelLayout) {
    cell.dataset.windowedListIndex = String(index);
    layout.insertWidget(index, cell); // it finds its place among the cells that are drawn by that number
  }
  node.scrollIntoView({ block });
  if (loading) hold(notebook, node, block, isLoading);
}

/** Keeps a cell in sight while others are drawn above it, until the person goes elsewhere. */
function hold(notebook: Notebook, node: HTMLElement, block: 'start' | 'nearest', isLoading: () => boolean): void {
  let until = Infinity;
  let frame = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    for (const type of LEAVING) window.removeEventListener(type, stop, true);
    holds.delete(notebook);
  };
  const keep = () => {
    if (until === Infinity && !isLoading()) until = performance.now() + SETTLING_MS;
    if (notebook.isDisposed || performance.now() > until) {
      stop();
      return;
    }
    node.scrollIntoView({ block });
    frame = requestAnimationFrame(keep);
  };
  for (const type of LEAVING) window.addEventListener(type, stop, true);
  holds.set(notebook, stop);
  frame = requestAnimationFrame(keep);
}
