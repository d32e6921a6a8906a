/**
 * A console on the notebook's kernel: code that belongs to no cell, with outputs drawn as in cells. The server merges and
 * caps them as it does those of cells, and sends them to pages that come later; no file has them.
 */
import { CodeCell, CodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { OutputArea } from '@jupyterlab/outputarea';
import { UUID } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Panel, Widget } from '@lumino/widgets';
import { isComplete, TypedHistory } from '../typedCode';
import type { SessionLink } from './session';

/** Entries that are shown; older ones are taken off. */
const MOST = 100;
/** How far from the end, in px, new outputs still move the view. */
const NEAR = 60;
const LANGUAGE = 'text/x-ipython';

export class KernelConsole {
  /** Tells that entries came or went, and that a request was sent. */
  readonly changed = new Signal<this, void>(this);
  private readonly cells = new Map<string, CodeCell>();
  private readonly history = new TypedHistory();
  private readonly list = new Panel();
  private prompt: CodeCell | null = null;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly link: SessionLink,
  ) {
    this.list.addClass('handloom-console-entries');
  }

  dispose(): void {
    Signal.clearData(this);
    this.list.dispose();
    this.prompt?.dispose();
  }

  get entries(): CodeCell[] {
    return [...this.cells.values()];
  }

  has(cell: Widget): boolean {
    return this.entries.some((one) => one === cell);
  }

  /** The entry of an execution; one that another page typed, or this one before it was reloaded, is added. */
  entry(id: string, code: string): CodeCell {
    const known = this.cells.get(id);
    if (known) return known;
    const cell = this.create(id, code, true);
    this.history.add(code);
    this.cells.set(id, cell);
    this.list.addWidget(cell);
    for (const [old, oldest] of this.cells) {
      if (this.cells.size <= MOST) break;
      this.cells.delete(old);
      oldest.dispose();
    }
    this.changed.emit();
    return cell;
  }

  /** Take off what has ended. */
  clear(): void {
    for (const [id, cell] of this.cells) {
      if (cell.model.executionState === 'running') continue;
      this.cells.delete(id);
      cell.dispose();
    }
    this.changed.emit();
  }

  /** Put entries and the line to type in into the element; returns how to take them off. */
  attach(element: HTMLElement): () => void {
    const prompt = this.create(UUID.uuid4(), '', false);
    prompt.addClass('handloom-console-prompt');
    this.prompt = prompt;
    const onKey = (event: KeyboardEvent) => this.onKey(event);
    prompt.node.addEventListener('keydown', onKey, true);
    for (const widget of [this.list, prompt]) {
      MessageLoop.sendMessage(widget, Widget.Msg.BeforeAttach);
      element.append(widget.node);
      MessageLoop.sendMessage(widget, Widget.Msg.AfterAttach);
    }
    const follow = followEnd(element, this.list.node);
    this.focus();
    return () => {
      follow();
      prompt.node.removeEventListener('keydown', onKey, true);
      if (!this.list.isDisposed && this.list.isAttached) Widget.detach(this.list);
      prompt.dispose();
      this.prompt = null;
    };
  }

  focus(): void {
    const { prompt } = this;
    void prompt?.ready.then(() => prompt.isDisposed || prompt.editor?.focus());
  }

  private create(id: string, code: string, readOnly: boolean): CodeCell {
    const model = new CodeCellModel();
    model.sharedModel.setSource(code);
    model.mimeType = LANGUAGE;
    model.trusted = true; // typed by a person of this session, as are its outputs
    const { contentFactory, rendermime, editorConfig } = this.panel.content;
    const cell = new CodeCell({ model, rendermime, contentFactory, editorConfig: editorConfig.code, placeholder: false });
    cell.node.dataset.console = id;
    cell.disposed.connect(() => model.dispose());
    cell.readOnly = readOnly;
    return cell.initializeState();
  }

  private onKey(event: KeyboardEvent): void {
    const editor = this.prompt?.editor;
    if (!editor || event.isComposing) return;
    const text = editor.model.sharedModel.getSource();
    const { line } = editor.getCursorPosition();
    const take = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    const show = (found: string | null) => {
      if (found === null) return;
      take();
      editor.model.sharedModel.setSource(found);
      const last = found.split('\n');
      editor.setCursorPosition({ line: last.length - 1, column: last.at(-1)?.length ?? 0 });
    };
    if (event.key === 'Enter' && !event.altKey && (event.shiftKey || event.ctrlKey || event.metaKey || isComplete(text))) {
      take();
      void this.run(text);
    } else if (event.key === 'ArrowUp' && line === 0) show(this.history.older(text));
    else if (event.key === 'ArrowDown' && line === text.split('\n').length - 1) show(this.history.newer());
  }

  private async run(code: string): Promise<void> {
    if (!code.trim()) return;
    this.prompt?.model.sharedModel.setSource('');
    const id = `console-${UUID.uuid4()}`;
    const cell = this.entry(id, code);
    cell.model.executionState = 'running';
    try {
      await this.link.ensure();
      const reply = await OutputArea.execute(code, cell.outputArea, this.panel.sessionContext, { console: id });
      if (reply && !cell.isDisposed) cell.model.executionCount = reply.content.execution_count;
    } catch {
      // the session did not start, or ended: the bars above the notebook say so
    } finally {
      if (!cell.isDisposed) cell.model.executionState = 'idle';
      this.changed.emit();
    }
  }
}

/** Keep the end in view while outputs come, unless somebody has scrolled up. */
function followEnd(element: HTMLElement, list: HTMLElement): () => void {
  let atEnd = true;
  let before = 0;
  // Outputs that grow meanwhile leave the view behind; only a person moves it up.
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = element;
    if (scrollHeight - scrollTop - clientHeight < NEAR) atEnd = true;
    else if (scrollTop < before) atEnd = false;
    before = scrollTop;
  };
  const watcher = new ResizeObserver(() => {
    if (atEnd) element.scrollTop = element.scrollHeight;
  });
  element.addEventListener('scroll', onScroll);
  watcher.observe(list);
  return () => {
    element.removeEventListener('scroll', onScroll);
    watcher.disconnect();
  };
}
