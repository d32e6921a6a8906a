/** Follows which cells ran in the session and tells which are stale now. */
import { isCodeCellModel } from '@jupyterlab/cells';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { isMarked } from '../marks';
import { hasEnded } from '../runs';
import { parseRecord, staleCells, type CellRecord, type StaleReason } from '../stale';
import type { Runner } from './runner';
import { translator } from './translator';

/** Milliseconds of rest after which edits are looked at. */
const PAUSE = 300;

export class Staleness {
  readonly changed = new Signal<this, void>(this);
  private readonly records = new Map<string, CellRecord>();
  private found: ReadonlyMap<string, StaleReason> = new Map();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private kernel: Kernel.IKernelConnection | null = null;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly runner: Runner,
  ) {
    panel.context.model.contentChanged.connect(this.soon, this);
    panel.sessionContext.kernelChanged.connect((_, { newValue }) => {
      if (newValue) return;
      this.kernel = null;
      this.records.clear();
      this.judge();
    });
  }

  /** Take over what the kernel's session sends from its first message on. */
  follow(kernel: Kernel.IKernelConnection): void {
    this.kernel = kernel;
    this.records.clear();
    kernel.iopubMessage.connect((_, message) => this.onIOPub(kernel, message));
  }

  dispose(): void {
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  /** Why a cell is stale; null where it is not, runs just now, or is frozen. */
  reason(cell: { id: string; getMetadata(key: string): unknown }): StaleReason | null {
    const run = this.runner.read(cell);
    if ((run && !hasEnded(run)) || isMarked(cell, 'frozen')) return null;
    return this.found.get(cell.id) ?? null;
  }

  /** The stale cells that can be run, in the notebook's order. */
  get cells() {
    return this.panel.content.widgets.filter(
      (cell) => !cell.isDisposed && isCodeCellModel(cell.model) && this.reason(cell.model) !== null,
    );
  }

  /** The number of a cell in the notebook, from 1; 0 where it is gone. */
  numberOf(id: string): number {
    return this.panel.content.widgets.findIndex((cell) => !cell.isDisposed && cell.model.id === id) + 1;
  }

  /** Run the stale cells from top to bottom, those that become stale by it included. Ends at the first that fails. */
  async run(): Promise<void> {
    const notebook = this.panel.content;
    for (const cell of [...notebook.widgets]) {
      this.judge();
      if (cell.isDisposed || !isCodeCellModel(cell.model) || !this.reason(cell.model)) continue;
      const ok = await NotebookActions.runCells(notebook, [cell], this.panel.sessionContext, undefined, translator);
      if (!ok) return;
    }
  }

  private onIOPub(kernel: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void {
    const type: string = message.header.msg_type;
    if (kernel !== this.kernel || type !== 'handloom_cells') return;
    const { reset, records }: Record<string, unknown> = { ...message.content };
    if (reset === true) this.records.clear();
    for (const one of Array.isArray(records) ? records : []) {
      const record = parseRecord(one);
      if (record) this.records.set(record.cell, record);
    }
    this.judge();
  }

  private soon(): void {
    clearTimeout(this.timer);
    if (this.records.size > 0) this.timer = setTimeout(() => this.judge(), PAUSE);
  }

  private judge(): void {
    clearTimeout(this.timer);
    const { sharedModel } = this.panel.context.model;
    const cells = sharedModel.cells.filter((cell) => cell.cell_type === 'code');
    const found =
      this.records.size > 0
        ? staleCells(this.records, cells.map((cell) => ({ id: cell.getId(), source: cell.getSource() })))
        : new Map<string, StaleReason>();
    if (found.size === 0 && this.found.size === 0) return;
    this.found = found;
    this.changed.emit();
  }
}
