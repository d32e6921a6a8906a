/** The tie between the notebook on screen and its session on the server, which alone starts and ends kernels. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { Session } from '../../../api/schema';

/** How the session that this page used came to its end, where a person should know. */
export type Ending = 'dead' | 'idle' | 'ended';

const GRACE = 6000;
/** Longest wait for a kernel's first answer over its channel, in ms. */
const PATIENCE = 30_000;

/** The wait in the queue was given up here: no failure that a person must be told of. */
class LeftQueue extends Error {}

interface Waiting {
  id: string;
  since: number;
  resolve: (session: Session) => void;
  reject: (error: Error) => void;
}

/** Sessions in the queue of their capacity, or just out of it, have no kernel to talk to yet. */
const isWaiting = ({ state }: Session) => state === 'queued' || state === 'starting';

export class SessionLink {
  readonly changed = new Signal<this, void>(this);
  session: Session | undefined;
  ending: Ending | null = null;
  error: unknown = null;
  /** When the start that is under way began. */
  startingSince: number | null = null;
  private starting: Promise<number | null> | undefined;
  private attaching: Promise<void> | undefined;
  private attachedAt = 0;
  private left: string | null = null;
  private waiting: Waiting | null = null;

  constructor(
    readonly context: ISessionContext,
    private readonly start: () => Promise<Session>,
    /** What is said where a session that waited is gone. */
    private readonly goneFromQueue: () => string,
  ) {
    context.statusChanged.connect(this.tell, this);
    context.connectionStatusChanged.connect(this.tell, this);
    context.kernelChanged.connect(this.tell, this);
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private tell(): void {
    this.changed.emit();
  }

  /** A kernel that died is disposed before the session is: asking it for anything then throws. */
  private get kernel(): Kernel.IKernelConnection | null {
    const kernel = this.context.session?.kernel;
    return kernel && !kernel.isDisposed ? kernel : null;
  }

  get kernelStatus(): string {
    return this.kernel?.status ?? 'unknown';
  }

  get connected(): boolean {
    return this.kernel?.connectionStatus === 'connected';
  }

  get isAttached(): boolean {
    const { kernel } = this;
    return kernel !== null && kernel.id === this.session?.kernel && this.session.state !== 'dead';
  }

  /** A person stops the session here: its end is no surprise. `stay` takes that back where the stop failed. */
  leave(): void {
    this.left = this.session?.id ?? null;
  }

  stay(): void {
    this.left = null;
  }

  dismiss(): void {
    this.ending = null;
    this.error = null;
    this.tell();
  }

  /** What the server says now; undefined: this notebook has no session. */
  update(session: Session | undefined): void {
    const before = this.session;
    if (session && session.id === this.left) return;
    if (session && before?.id === session.id && session.last_activity < before.last_activity) return; // an older answer
    const left = before !== undefined && before.id === this.left;
    if (this.waiting && this.stillWaits(this.waiting, session, left)) return;
    if (!session && (this.starting || Date.now() - this.attachedAt < GRACE) && !left) return;
    this.session = session;
    if (session?.state === 'dead') {
      if (before && before.state !== 'dead') this.ending = 'dead';
      this.detach();
    } else if (session) {
      this.ending = null;
      this.reconnect();
      if (!this.starting && !isWaiting(session)) void this.attach(session).catch(() => undefined);
    } else {
      if (before && !left) this.ending = whyEnded(before, Date.now());
      this.detach();
    }
    this.tell();
  }

  /** Whether nothing has changed for a page that waits in the queue, except its place. */
  private stillWaits(waiting: Waiting, session: Session | undefined, left: boolean): boolean {
    if (session?.id === waiting.id && isWaiting(session)) {
      this.session = session;
      this.tell();
      return true;
    }
    if (!session && !left && Date.now() - waiting.since < GRACE) return true; // an answer from before the start
    this.waiting = null;
    if (session && session.state !== 'dead') waiting.resolve(session);
    else if (left) waiting.reject(new LeftQueue(this.goneFromQueue()));
    else waiting.reject(new Error(session?.problem || this.goneFromQueue()));
    return false;
  }

  /** The session, once it has a place of its capacity. */
  private admitted(session: Session): Promise<Session> {
    if (!isWaiting(session)) return Promise.resolve(session);
    this.session = session;
    this.tell();
    return new Promise((resolve, reject) => {
      this.waiting = { id: session.id, since: Date.now(), resolve, reject };
    });
  }

  /** JupyterLab gives up after about two minutes; after a long sleep the session may well be there. */
  private reconnect(): void {
    const { kernel } = this;
    if (kernel && kernel.id === this.session?.kernel && kernel.connectionStatus === 'disconnected') {
      void kernel.reconnect().catch(() => undefined);
    }
  }

  /** The kernel is gone: what waits for its answers is told so. */
  private detach(): void {
    const bound = this.context.session;
    if (bound && !bound.isDisposed) bound.dispose();
  }

  /** One tie at a time: a second request while one is under way would leave both waiting. */
  private attach(session: Session): Promise<void> {
    const before = this.attaching ?? Promise.resolve();
    const attaching = before.catch(() => undefined).then(() => this.tie(session));
    this.attaching = attaching;
    return attaching;
  }

  private async tie(session: Session): Promise<void> {
    if (this.context.isDisposed || this.kernel?.id === session.kernel) return;
    await within(PATIENCE, this.context.changeKernel({ id: session.kernel }));
  }

  /** A live, attached session. Gives the milliseconds it took to become ready where it had to be started, else null. */
  ensure(): Promise<number | null> {
    if (this.starting) return this.starting.then(() => null); // the time belongs to what began the start
    if (this.isAttached) return Promise.resolve(null);
    this.starting = this.begin().finally(() => {
      this.starting = undefined;
      this.startingSince = null;
      this.tell();
    });
    this.tell();
    return this.starting;
  }

  private async begin(): Promise<number | null> {
    const running = this.session && this.session.state !== 'dead' && !isWaiting(this.session);
    const began = Date.now();
    this.startingSince = began;
    this.dismiss();
    try {
      const session = running && this.session ? this.session : await this.admitted(await this.start());
      this.session = session;
      this.attachedAt = Date.now();
      await this.attach(session);
      return running ? null : Date.now() - began;
    } catch (error) {
      if (!(error instanceof LeftQueue)) this.error = error;
      throw error;
    }
  }
}

/** What never comes, because the kernel died meanwhile, must not be waited for without end. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('The session does not answer. Restart it.'));
    }, ms);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** An idle session ends after its timeout; any other end came from elsewhere. */
export function whyEnded(session: Session, now: number): Ending {
  const idle = now - session.last_activity;
  return session.timeout > 0 && idle >= session.timeout * 60_000 - 15_000 ? 'idle' : 'ended';
}
