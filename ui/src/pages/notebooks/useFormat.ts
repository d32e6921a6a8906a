/** Formats the selected cells or all of them, and says which could not be. Each cell's own undo takes it back. */
import { isCodeCellModel, type Cell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCells } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import type { NotebookHost } from './lab/notebookHost';
import { isMarked } from './marks';

function canFormat({ model }: Cell): boolean {
  return isCodeCellModel(model) && !isMarked(model, 'locked') && model.sharedModel.getSource().trim() !== '';
}

/** Replace a cell's text as if it was typed, so that the editor's undo takes it back; the cursor stays in its line. */
function replaceText({ editor, model }: Cell, source: string): void {
  if (!(editor instanceof CodeMirrorEditor)) {
    model.sharedModel.setSource(source); // far from the view: it has no editor yet
    return;
  }
  const at = editor.getCursorPosition();
  editor.editor.dispatch({ changes: { from: 0, to: editor.editor.state.doc.length, insert: source } });
  const line = Math.min(at.line, editor.lineCount - 1);
  editor.setCursorPosition({ line, column: Math.min(at.column, editor.getLine(line)?.length ?? 0) });
}

export function useFormat({ workspace, id }: Notebook, host: NotebookHost) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  return useCallback(
    async (all: boolean) => {
      const notebook = host.panel.content;
      const cells = notebook.widgets.filter((cell) => (all || notebook.isSelectedOrActive(cell)) && canFormat(cell));
      const before = cells.map((cell) => cell.model.sharedModel.getSource());
      if (cells.length === 0) return;
      try {
        const formatted = await formatCells(workspace, id, before);
        const failed = cells.flatMap((cell, i) => {
          const one = formatted[i];
          if (!one || cell.isDisposed || cell.model.sharedModel.getSource() !== before[i]) return [];
          if (one.source !== before[i]) replaceText(cell, one.source);
          return one.error ? [t('format.cell', { n: notebook.widgets.indexOf(cell) + 1, error: one.error })] : [];
        });
        if (failed.length > 0) {
          notify({ intent: 'warning', title: t('format.failed', { count: failed.length }), body: failed.slice(0, 5).join(' ') });
        }
      } catch (error) {
        notify({ intent: 'error', title: t('format.refused'), body: errorDetail(error) });
      }
    },
    [host, workspace, id, t, notify],
  );
}
