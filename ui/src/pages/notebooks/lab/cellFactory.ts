/** Makes the cells of a notebook. JupyterLab calls their list a feed, whose parts have to be articles for screen readers. */
import type { CodeCell, MarkdownCell, RawCell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import { followHeadings } from './folding';
import { translator } from './translator';

function asArticle<C extends CodeCell | MarkdownCell | RawCell>(cell: C): C {
  cell.node.setAttribute('role', 'article');
  return cell;
}

export class CellFactory extends NotebookPanel.ContentFactory {
  override createCodeCell(options: CodeCell.IOptions): CodeCell {
    return asArticle(super.createCodeCell(options));
  }

  override createMarkdownCell(options: MarkdownCell.IOptions): MarkdownCell {
    const cell = asArticle(super.createMarkdownCell({ ...options, translator }));
    followHeadings(cell);
    return cell;
  }

  override createRawCell(options: RawCell.IOptions): RawCell {
    return asArticle(super.createRawCell(options));
  }
}
