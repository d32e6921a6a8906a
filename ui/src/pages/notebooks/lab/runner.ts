/** Runs cells: starts the session first where there is none, and keeps what the line under each cell tells. */
import type { CodeCell } from '@jupyterlab/cells';
import { isCodeCellModel } from '@jupyterlab/cells';
import { runCell, setCellExecutor, type INotebookModel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { isMarked } from '../marks';
import { fromMetadata, hasEnded, kernelTimes, queuedRun, toMetadata, type CellRun, type CellState } from '../runs';
import type { SessionLink } from './session';

type Options = Parameters<typeof runCell>[0];
type CodeModel = CodeCell['model'];

export const RUN_KEY = 'handloom';

const runners = new WeakMap<INotebookModel, Runner>();
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  setCellExecutor({
    runCell: (options) => runners.get(options.notebook)?.run(options) ?? runCell(options),
  });
}

export class Runner {
  /** Tells the id of the cell whose run changed. */
  readonly changed = new Signal<this, string>(this);
  private readonly live = new Map<string, CellRun>();
  /** Cells that run without this page having asked. */
  private readonly adopted = new Map<string, CodeModel>();

  constructor(
    model: INotebookModel,
    private readonly link: SessionLink,
    private readonly who: () => string,
  ) {
    install();
    runners.set(model, this);
  }

  dispose(): void {
    Signal.clearData(this);
  }

  /** What is known of a cell's last run: from this page, else from the file. */
  read(cell: { id: string; getMetadata(key: string): unknown }): CellRun | null {
    return this.live.get(cell.id) ?? fromMetadata(cell.getMetadata(RUN_KEY));
  }

  /** Forget cells that wait for the session; those that the kernel has are ended by an interrupt. */
  cancelWaiting(): void {
    for (const [id, run] of this.live) {
      if (run.state === 'starting' || (run.state === 'queued' && this.link.startingSince !== null)) {
        this.put(id, { ...run, state: 'cancelled', endedAt: Date.now() });
      }
    }
  }

  /** Take over what the server reports of a cell that this page did not run itself. */
  adopt(model: CodeModel, run: CellRun): void {
    const ended = hasEnded(run);
    if (ended) this.adopted.delete(model.id);
    else this.adopted.set(model.id, model);
    model.executionState = ended ? 'idle' : 'running';
    if (ended) model.setMetadata(RUN_KEY, toMetadata(run));
    this.put(model.id, run);
  }

  /** The kernel is gone, and nobody reports how these cells end. */
  loseAdopted(): void {
    for (const [id, model] of this.adopted) {
      const run = this.live.get(id);
      if (run && !model.isDisposed) this.adopt(model, { ...run, state: 'lost', endedAt: Date.now() });
    }
    this.adopted.clear();
  }

  /** The cell that the kernel works on, and how many wait behind it. */
  get progress(): { cell: string; since: number; waiting: number } | null {
    const running = [...this.live].find(([, run]) => run.state === 'running');
    if (!running) return null;
    const waiting = [...this.live.values()].filter((run) => run.state === 'queued').length;
    return { cell: running[0], since: running[1].startedAt ?? running[1].queuedAt, waiting };
  }

  get isBusy(): boolean {
    return [...this.live.values()].some((run) => !hasEnded(run));
  }

  private put(id: string, run: CellRun): void {
    this.live.set(id, run);
    this.changed.emit(id);
  }

  async run(options: Options): Promise<boolean> {
    const { model } = options.cell;
    if (!isCodeCellModel(model) || !model.sharedModel.getSource().trim()) return runCell(options);
    if (isMarked(model, 'frozen')) return true;
    const { id } = model;
    if (this.isWaiting(id)) return true; // pressed twice: it runs once
    const starting = !this.link.isAttached;
    this.put(id, queuedRun(this.who(), Date.now(), starting));
    model.executionState = 'running';
    let readyIn: number | null;
    try {
      readyIn = await this.link.ensure();
    } catch (error) {
      this.end(model, { state: 'refused', why: error instanceof Error ? error.message : String(error) });
      return false;
    }
    if (options.cell.isDisposed || this.live.get(id)?.state === 'cancelled') {
      if (!options.cell.isDisposed) this.end(model, { state: 'cancelled' });
      return false;
    }
    this.put(id, { ...queuedRun(this.who(), Date.now(), false), sessionReadyIn: readyIn });
    return this.execute(options, model);
  }

  private isWaiting(id: string): boolean {
    const run = this.live.get(id);
    return run !== undefined && !hasEnded(run);
  }

  private async execute(options: Options, model: CodeModel): Promise<boolean> {
    let state: CellState = 'lost';
    const follow = () => this.follow(model);
    model.metadataChanged.connect(follow);
    try {
      return await runCell({
        ...options,
        onCellExecuted: (ended) => {
          state = endState(ended.success, ended.error?.errorName);
          options.onCellExecuted(ended);
        },
      });
    } finally {
      model.metadataChanged.disconnect(follow);
      if (!options.cell.isDisposed) this.end(model, { state });
      else this.live.delete(model.id);
    }
  }

  /** The kernel has begun with it: its message is in the metadata. */
  private follow(model: CodeModel): void {
    const run = this.live.get(model.id);
    const { startedAt } = kernelTimes(model.getMetadata('execution'));
    if (!run || run.state !== 'queued' || startedAt === null) return;
    this.put(model.id, { ...run, state: 'running', startedAt: Date.now() });
  }

  private end(model: CodeModel, result: { state: CellState; why?: string }): void {
    const before = this.live.get(model.id);
    if (!before) return;
    const kernel = kernelTimes(model.getMetadata('execution'));
    const ran = result.state === 'ok' || result.state === 'error' || before.startedAt !== null;
    const run: CellRun = {
      ...before,
      ...result,
      startedAt: ran ? (kernel.startedAt ?? before.startedAt) : null,
      endedAt: (ran ? kernel.endedAt : null) ?? Date.now(),
    };
    model.executionState = 'idle';
    model.setMetadata(RUN_KEY, toMetadata(run));
    this.put(model.id, run);
  }
}

function endState(success: boolean, errorName: string | undefined): CellState {
  if (success) return 'ok';
  // a cell that waited behind a failed one is aborted: an error without a name
  return errorName === undefined || errorName === 'KeyboardInterrupt' ? 'cancelled' : 'error';
}

