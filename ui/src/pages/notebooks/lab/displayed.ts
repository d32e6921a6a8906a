/** Asks the session's kernel for the rows of a displayed frame that the output does not hold. */
import type { Kernel } from '@jupyterlab/services';

const TARGET = 'handloom.frame';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'missing' | 'present';

export interface Filter {
  column: number;
  operator: Operator;
  value: string;
}

export interface FrameQuery {
  search: string;
  filters: readonly Filter[];
  sort: { column: number; down: boolean } | null;
}

export interface FramePage {
  /** The first row that was asked for. */
  start: number;
  rows: unknown[][];
  numbers: number[] | null;
  index: unknown[] | null;
  matching: number;
}

type Answer = { content: Record<string, unknown>; piece: ArrayBuffer | null };

/** The kernel's own sentence why there is no answer. */
export class FrameError extends Error {}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

export class DisplayedFrame {
  private comm: Kernel.IComm | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly key: string,
    private readonly ended: string,
  ) {
    kernel.statusChanged.connect(this.onStatus, this);
  }

  async page(query: FrameQuery, start: number, count: number): Promise<FramePage> {
    const { content } = await this.ask({ ask: 'page', ...query, start, count });
    const { rows, numbers, index, matching } = content;
    return {
      start,
      rows: Array.isArray(rows) ? rows : [],
      numbers: Array.isArray(numbers) ? numbers : null,
      index: Array.isArray(index) ? index : null,
      matching: Number(matching),
    };
  }

  async statistics(query: FrameQuery, column: number): Promise<Record<string, unknown>> {
    const { content } = await this.ask({ ask: 'statistics', ...query, column });
    return Object(content.statistics);
  }

  /** All rows that match, as a file; `told` hears which part has arrived. */
  async download(query: FrameQuery, kind: 'csv' | 'parquet', told: (part: number) => void): Promise<Blob> {
    const size = Number((await this.ask({ ask: 'download', ...query, kind })).content.size);
    const pieces: ArrayBuffer[] = [];
    for (let start = 0; start < size; ) {
      const { piece } = await this.ask({ ask: 'piece', start });
      if (!piece?.byteLength) throw new FrameError(this.ended);
      pieces.push(piece);
      start += piece.byteLength;
      told(start / size);
    }
    return new Blob(pieces, { type: kind === 'csv' ? 'text/csv' : 'application/vnd.apache.parquet' });
  }

  private ask(content: Record<string, unknown>): Promise<Answer> {
    const comm = (this.comm ??= this.open());
    this.count += 1;
    const number = this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      comm.send(JSON.parse(JSON.stringify({ ...content, number })));
    });
  }

  private open(): Kernel.IComm {
    const comm = this.kernel.createComm(TARGET);
    comm.onMsg = ({ content, buffers }) => {
      const data = Object(content.data);
      const waiting = this.waiting.get(Number(data.number));
      this.waiting.delete(Number(data.number));
      if (typeof data.failed === 'string') waiting?.reject(new FrameError(data.failed));
      else waiting?.resolve({ content: data, piece: bytesOf(buffers?.[0]) });
    };
    comm.onClose = () => this.end();
    comm.open({ key: this.key });
    return comm;
  }

  private onStatus(_: unknown, status: string): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') this.end();
  }

  private end(): void {
    this.comm = undefined;
    for (const { reject } of this.waiting.values()) reject(new FrameError(this.ended));
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
