/** Asks the server about the notebook's code, which need not run for it: completions, explanations and problems. */
import { setDiagnostics, type Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import { isCodeCellModel, type Cell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { checkCode, completeCode, explainCode } from '../../../api/codeAnalysis';
import type { Completion, Explanation, Problem } from '../../../api/schema';
import { errorDetail } from '../../../lib/errors';
import { problemText } from '../problems';

/** Milliseconds of rest after which edits are checked. */
const PAUSE = 900;

export type Checking = 'idle' | 'checking' | 'checked' | 'failed';

function offset(doc: Text, line: number, column: number): number {
  if (line >= doc.lines) return doc.length;
  const { from, length } = doc.line(line + 1);
  return from + Math.min(column, length);
}

function diagnosticsOf(doc: Text, problems: readonly Problem[]): Diagnostic[] {
  return problems.map(({ line, column, end_line, end_column, severity, ...problem }) => {
    const from = offset(doc, line, column);
    return { from, to: Math.max(from, offset(doc, end_line, end_column)), severity, message: problemText(problem) };
  });
}

export class Analysis {
  readonly changed = new Signal<this, void>(this);
  state: Checking = 'idle';
  /** Why the last check failed. */
  failure = '';
  private found: ReadonlyMap<string, readonly Problem[]> = new Map();
  private readonly marked = new WeakMap<CodeMirrorEditor, readonly Problem[]>();
  /** Cells whose editors are drawn later. */
  private readonly awaited = new WeakSet<Cell>();
  private checked = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly workspace: string,
    private readonly notebook: string,
    private readonly allowed: () => boolean,
  ) {
    this.checked = this.fingerprint();
    panel.context.model.contentChanged.connect(this.soon, this);
    panel.content.activeCellChanged.connect(this.draw, this);
  }

  dispose(): void {
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  /** The problems of a cell, as they were at the last check. */
  of(cell: string): readonly Problem[] {
    return this.found.get(cell) ?? [];
  }

  get count(): number {
    return this.cells.reduce((sum, { model }) => sum + this.of(model.id).length, 0);
  }

  /** Check now unless the code is as it was at the last check. */
  check(again = false): void {
    clearTimeout(this.timer);
    if (this.running || !this.allowed() || this.panel.isDisposed) return;
    if (!again && this.state === 'checked' && this.fingerprint() === this.checked) return;
    void this.run();
  }

  async complete(editor: CodeEditor.IEditor): Promise<Completion[]> {
    const at = this.place(editor);
    return at ? completeCode(this.workspace, this.notebook, at) : [];
  }

  async explain(editor: CodeEditor.IEditor, position: CodeEditor.IPosition): Promise<Explanation> {
    const at = this.place(editor, position);
    return at ? explainCode(this.workspace, this.notebook, at) : { text: '', signature: '' };
  }

  private get cells(): Cell[] {
    return this.panel.content.widgets.filter((one) => !one.isDisposed && isCodeCellModel(one.model));
  }

  private get sources(): string[] {
    return this.cells.map(({ model }) => model.sharedModel.getSource());
  }

  private fingerprint(): string {
    return JSON.stringify(this.cells.map(({ model }) => [model.id, model.sharedModel.getSource()]));
  }

  private place(editor: CodeEditor.IEditor, { line, column } = editor.getCursorPosition()) {
    const { cells } = this;
    const cell = cells.findIndex((one) => one.editor === editor);
    return cell < 0 ? null : { cells: this.sources, cell, line, column };
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.fingerprint() !== this.checked) this.check();
    }, PAUSE);
  }

  private async run(): Promise<void> {
    this.running = true;
    const before = this.fingerprint();
    const ids = this.cells.map(({ model }) => model.id);
    this.state = this.state === 'checked' ? 'checked' : 'checking';
    this.changed.emit();
    try {
      const problems = await checkCode(this.workspace, this.notebook, this.sources);
      const found = new Map<string, Problem[]>();
      for (const problem of problems) {
        const id = ids[problem.cell];
        if (id !== undefined) found.set(id, [...(found.get(id) ?? []), problem]);
      }
      this.found = found;
      this.state = 'checked';
    } catch (error) {
      this.found = new Map();
      this.state = 'failed';
      this.failure = errorDetail(error);
    }
    this.checked = before;
    this.running = false;
    if (this.panel.isDisposed) return;
    this.draw();
    this.changed.emit();
    if (this.fingerprint() !== before) this.soon();
  }

  /** Underline the problems in the editors; cells far from the view get theirs with their editors. */
  private draw(): void {
    for (const cell of this.cells) {
      const { editor, model } = cell;
      if (!editor && this.of(model.id).length > 0 && !this.awaited.has(cell)) {
        this.awaited.add(cell);
        void cell.ready.then(() => this.panel.isDisposed || this.draw());
      }
      if (!(editor instanceof CodeMirrorEditor)) continue;
      const problems = this.of(model.id);
      if (this.marked.get(editor) === problems || (problems.length === 0 && !this.marked.has(editor))) continue;
      this.marked.set(editor, problems);
      const { state } = editor.editor;
      editor.editor.dispatch(setDiagnostics(state, diagnosticsOf(state.doc, problems)));
    }
  }
}
