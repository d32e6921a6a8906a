/** Requests to the session's kernel over a comm: each has a number, by which its answer is found. */
import type { Kernel } from '@jupyterlab/services';

export interface KernelAnswer {
  content: Record<string, unknown>;
  piece: ArrayBuffer | null;
}

/** The kernel's own sentence why there is no answer. */
export class KernelRefusal extends Error {}

interface Waiting {
  resolve: (answer: KernelAnswer) => void;
  reject: (error: Error) => void;
}

export class KernelRequests {
  private comm: Kernel.IComm | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly target: string,
    private readonly opening: Record<string, string>,
    /** What is said where the session ends meanwhile. */
    private readonly ended: string,
  ) {
    kernel.statusChanged.connect(this.onStatus, this);
  }

  ask(content: object): Promise<KernelAnswer> {
    const comm = (this.comm ??= this.open());
    this.count += 1;
    const number = this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      comm.send(JSON.parse(JSON.stringify({ ...content, number })));
    });
  }

  private open(): Kernel.IComm {
    const comm = this.kernel.createComm(this.target);
    comm.onMsg = ({ content, buffers }) => {
      const data = Object(content.data);
      const waiting = this.waiting.get(Number(data.number));
      this.waiting.delete(Number(data.number));
      if (typeof data.failed === 'string') waiting?.reject(new KernelRefusal(data.failed));
      else waiting?.resolve({ content: data, piece: bytesOf(buffers?.[0]) });
    };
    comm.onClose = () => this.end();
    comm.open(this.opening);
    return comm;
  }

  private onStatus(_: unknown, status: string): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') this.end();
  }

  private end(): void {
    this.comm = undefined;
    for (const { reject } of this.waiting.values()) reject(new KernelRefusal(this.ended));
    this.waiting.clear();
  }

  dispose(): void {
    this.kernel.statusChanged.disconnect(this.onStatus, this);
    const { comm } = this;
    if (comm && !comm.isDisposed && !this.kernel.isDisposed) comm.close();
    this.end();
  }
}

function bytesOf(buffer: ArrayBuffer | ArrayBufferView | undefined): ArrayBuffer | null {
  if (buffer === undefined || buffer instanceof ArrayBuffer) return buffer ?? null;
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice().buffer;
}
