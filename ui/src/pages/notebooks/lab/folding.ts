/** Folds what stands under a heading. JupyterLab does it, but reads headings only for an outline of its own. */
import { MarkdownCell, type Cell } from '@jupyterlab/cells';
import { NotebookActions, type Notebook } from '@jupyterlab/notebook';
import { i18n } from '../../../lib/i18n';

function foldButton(cell: MarkdownCell): Element | null {
  return cell.node.querySelector('.jp-collapseHeadingButton');
}

function label(cell: MarkdownCell): void {
  const folded = cell.headingCollapsed;
  const button = foldButton(cell);
  button?.setAttribute('aria-expanded', String(!folded));
  button?.setAttribute('aria-label', i18n.t(folded ? 'notebooks:fold.unfold' : 'notebooks:fold.fold'));
}

/** Read the cell's headings, and give it the button that folds; without a heading any more, what it hid comes back. */
async function readHeadings(cell: MarkdownCell): Promise<void> {
  await cell.getHeadings();
  if (cell.isDisposed) return;
  const { level } = cell.headingInfo;
  if (level > 0) {
    foldButton(cell)?.setAttribute('data-heading-level', String(level));
    label(cell);
  } else {
    foldButton(cell)?.remove();
    cell.headingCollapsed = false;
  }
}

export function followHeadings(cell: MarkdownCell): void {
  const read = () => void readHeadings(cell);
  void cell.ready.then(read);
  cell.renderedChanged.connect(read);
  cell.headingCollapsedChanged.connect(() => label(cell));
}

function showAll(notebook: Notebook): void {
  notebook.widgets.forEach((cell) => cell.setHidden(false));
  for (const cell of notebook.widgets) {
    if (cell instanceof MarkdownCell && cell.headingCollapsed) NotebookActions.setHeadingCollapse(cell, true, notebook);
  }
}

/** Fold what was folded when the notebook was saved. */
async function foldAsSaved(notebook: Notebook): Promise<void> {
  const cells = notebook.widgets.filter((cell) => cell instanceof MarkdownCell);
  if (!cells.some((cell) => cell.headingCollapsed)) return;
  await Promise.all(cells.map((cell) => cell.getHeadings()));
  if (!notebook.isDisposed) showAll(notebook);
}

/** Fold a notebook's headings as they were; what leads to a folded cell (contents, find, problems) unfolds it. */
export function foldHeadings(notebook: Notebook): void {
  notebook.activeCellChanged.connect((_, cell: Cell | null) => {
    if (cell?.isHidden) NotebookActions.expandParent(cell, notebook);
  });
  notebook.cellCollapsed.connect((_, cell) => {
    if (cell instanceof MarkdownCell && cell.headingInfo.level <= 0) showAll(notebook);
  });
  void foldAsSaved(notebook);
}
