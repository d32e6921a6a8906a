/** Explains names: what the kernel knows of them, or without a free one, or where it knows nothing, the server's analysis. */
import { syntaxTree } from '@codemirror/language';
import { hoverTooltip, tooltips, type EditorView, type Tooltip } from '@codemirror/view';
import { Text } from '@jupyterlab/coreutils';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { renderText } from '@jupyterlab/rendermime';
import type { Analysis } from './analysis';
import { breakLongLines } from '../../../lib/longLines';

/** Milliseconds that the pointer rests on a name before it is explained. */
const REST = 500;
/** Where words are no names. A notebook that names no language has no syntax, and any word may be one. */
const PROSE = /String|Comment/;

type Host = Pick<{ panel: NotebookPanel; analysis: Analysis }, 'panel' | 'analysis'>;

function textOf(data: object): string {
  return String(Object.entries(data).find(([type]) => type === 'text/plain')?.[1] ?? '');
}

/** What is known of the name or call at an offset of an editor's text; "" if nothing is. */
export async function explain({ panel, analysis }: Host, editor: CodeEditor.IEditor, at: number): Promise<string> {
  const kernel = panel.sessionContext.session?.kernel;
  if (kernel?.status === 'idle') {
    const code = editor.model.sharedModel.getSource();
    const cursor_pos = Text.jsIndexToCharIndex(at, code);
    const { content } = await kernel.requestInspect({ code, cursor_pos, detail_level: 0 });
    if (content.status === 'ok' && content.found) return textOf(content.data);
  }
  const position = editor.getPositionAt(at) ?? editor.getCursorPosition();
  const { signature, text } = await analysis.explain(editor, position);
  return [signature && signature !== text ? `${signature}\n` : '', text].filter(Boolean).join('\n');
}

/** Explains the name under the pointer in a notebook's cells, once it has been told whose they are. */
export class HoverExplanation {
  private host: Host | null = null;

  follow(host: Host): void {
    this.host = host;
  }

  get extension() {
    const source = (view: EditorView, pos: number, side: -1 | 1) => this.tooltip(view, pos, side);
    // in the body, since cells clip what reaches beyond them
    return [tooltips({ parent: document.body }), hoverTooltip(source, { hoverTime: REST, hideOnChange: true })];
  }

  private async tooltip(view: EditorView, pos: number, side: -1 | 1): Promise<Tooltip | null> {
    const { host } = this;
    const word = view.state.wordAt(pos);
    if (!word || PROSE.test(syntaxTree(view.state).resolveInner(pos, side).name)) return null;
    const editor = host?.panel.content.widgets.find((cell) => cell.editor?.host.contains(view.dom))?.editor;
    if (!host || !editor) return null;
    const text = await explain(host, editor, word.from + 1).catch(() => '');
    if (!text || host.panel.isDisposed) return null;
    const { sanitizer } = host.panel.content.rendermime;
    return {
      pos: word.from,
      end: word.to,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'handloom-explanation jp-RenderedText';
        void renderText({ host: dom, sanitizer, source: text }).then(() => breakLongLines(dom));
        return { dom };
      },
    };
  }
}
