/**
 * Shows cells that run without this page having asked: another page did, or this one before it was reloaded. The server
 * reports each execution in messages of its own and sends its outputs under the header of the original request.
 */
import type { CodeCell } from '@jupyterlab/cells';
import { isCodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { KernelMessage, type Kernel } from '@jupyterlab/services';
import { adoptedRun, executionFacts, knownRequests, type ExecutionFacts } from '../executionFacts';
import { hasEnded } from '../runs';
import type { KernelConsole } from './kernelConsole';
import type { Runner } from './runner';

type Request = KernelMessage.IExecuteRequestMsg;
type Reply = KernelMessage.IExecuteReplyMsg;
type Future = Kernel.IShellFuture<Request, Reply>;

/** Stands in for the future of another page's request: the output area then does with its messages what it always does. */
class AdoptedFuture implements Future {
  readonly done = new Promise<Reply>(() => undefined);
  isDisposed = false;
  onReply: Future['onReply'] = () => undefined;
  onIOPub: Future['onIOPub'] = () => undefined;
  onStdin: Future['onStdin'] = () => undefined;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    readonly msg: Request,
    readonly cell: CodeCell,
  ) {}

  registerMessageHook(): void {
    // only the page that asked records the times of the kernel's messages
  }

  removeMessageHook(): void {
    // see above
  }

  sendInputReply(
    content: KernelMessage.IInputReplyMsg['content'],
    parent: KernelMessage.IInputReplyMsg['parent_header'],
  ): void {
    this.kernel.sendInputReply(content, parent);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

export class Executions {
  private readonly adopted = new Map<string, AdoptedFuture>();
  /** Own requests that went out while the connection stood. */
  private readonly sent = new Set<string>();
  private kernel: Kernel.IKernelConnection | null = null;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly runner: Runner,
    private readonly typed: KernelConsole,
  ) {
    panel.sessionContext.kernelChanged.connect((_, { newValue }) => {
      if (!newValue) this.leave();
    });
  }

  private leave(): void {
    this.kernel = null;
    this.adopted.clear();
    this.sent.clear();
    this.runner.loseAdopted();
  }

  /** Take over what the kernel's session sends from its first message on. */
  follow(kernel: Kernel.IKernelConnection): void {
    if (this.kernel) this.leave();
    this.kernel = kernel;
    kernel.iopubMessage.connect((_, message) => void this.onIOPub(kernel, message));
    kernel.anyMessage.connect((_, { msg, direction }) => {
      if (direction === 'send') this.onSent(kernel, msg);
      else if (KernelMessage.isInputRequestMsg(msg)) {
        void this.adopted.get(requestOf(msg))?.onStdin(msg);
      }
    });
  }

  private onSent(kernel: Kernel.IKernelConnection, msg: KernelMessage.IMessage): void {
    if (msg.header.msg_type === 'execute_request' && kernel.connectionStatus === 'connected') {
      this.sent.add(msg.header.msg_id);
    }
  }

  private async onIOPub(kernel: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): Promise<void> {
    if (kernel !== this.kernel) return;
    const known = knownRequests(message);
    if (known) this.loseUnknown(known);
    const facts = executionFacts(message);
    const request = requestOf(message);
    if (facts) this.onFacts(kernel, request, facts);
    else if (KernelMessage.isUpdateDisplayDataMsg(message)) {
      for (const future of this.adopted.values()) await future.onIOPub(message);
    } else await this.adopted.get(request)?.onIOPub(message);
  }

  private find(id: string): CodeCell | null {
    const found = this.panel.content.widgets.find((cell) => cell.model.id === id);
    return found && isCode(found) && !found.isDisposed ? found : null;
  }

  private onFacts(kernel: Kernel.IKernelConnection, request: string, facts: ExecutionFacts): void {
    const cell = facts.code === null ? this.find(facts.cell) : this.typed.entry(facts.cell, facts.code);
    if (!cell) return;
    const now = cell.outputArea.future;
    const own = now && !(now instanceof AdoptedFuture) && now.msg.header.msg_id === request && !now.isDisposed;
    if (own) return;
    const run = adoptedRun(facts);
    const { model } = cell;
    if (run.state === 'running' && !this.adopted.has(request)) this.adopt(kernel, request, cell);
    if (hasEnded(run)) this.adopted.delete(request);
    if (facts.count !== null) model.executionCount = facts.count;
    if (facts.code === null) this.runner.adopt(model, run);
    else model.executionState = hasEnded(run) ? 'idle' : 'running';
  }

  private adopt(kernel: Kernel.IKernelConnection, request: string, cell: CodeCell): void {
    const msg = KernelMessage.createMessage<Request>({
      msgType: 'execute_request',
      channel: 'shell',
      msgId: request,
      session: kernel.clientId,
      username: kernel.username,
      content: { code: '' },
    });
    const future = new AdoptedFuture(kernel, msg, cell);
    this.adopted.set(request, future);
    cell.model.trusted = true; // made by this person's own session
    cell.outputArea.future = future;
  }

  /** A request that was sent into a dying connection never arrived: its cell must not wait for ever. */
  private loseUnknown(known: readonly string[]): void {
    for (const cell of [...this.panel.content.widgets, ...this.typed.entries]) {
      if (!isCode(cell) || cell.isDisposed) continue;
      const { future } = cell.outputArea;
      if (!future || future instanceof AdoptedFuture || future.isDisposed) continue;
      const id = future.msg.header.msg_id;
      if (!this.sent.has(id) || known.includes(id)) continue;
      const run = this.runner.read(cell.model);
      if (this.typed.has(cell) || (run && !hasEnded(run))) future.dispose();
    }
  }
}

function requestOf(message: KernelMessage.IMessage): string {
  return 'msg_id' in message.parent_header ? message.parent_header.msg_id : '';
}

function isCode(cell: { model: { type: string } }): cell is CodeCell {
  return isCodeCellModel(Object(cell.model));
}
