/** Saves the blocks of a report by itself. What somebody else saved meanwhile is joined, or waits for the person's choice. */
import type { ReportPage } from '../../api/schema';
import { join, type Block } from './blocks';

export interface SaverState {
  blocks: Block[];
  status: 'saved' | 'waiting' | 'saving' | 'failed' | 'clash';
  error: unknown;
  /** Who changed the same blocks, and how many they are; "" without a clash. */
  by: string;
  clashes: number;
}

/** How a clash ends: with my blocks, with theirs, or with theirs before mine. */
export type Choice = 'mine' | 'theirs' | 'both';

export interface SaverServer {
  send: (version: number, blocks: Block[]) => Promise<ReportPage>;
  read: () => Promise<ReportPage>;
  isConflict: (error: unknown) => boolean;
  /** Somebody else's changes were joined with these. */
  onJoined: (by: string) => void;
}

export class ReportSaver {
  private base: ReportPage;
  private draft: Block[] | null = null;
  private theirs: ReportPage | null = null;
  private busy = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();
  state: SaverState;

  constructor(
    report: ReportPage,
    private readonly server: SaverServer,
    private readonly pause = 800,
  ) {
    this.base = report;
    this.state = { blocks: report.blocks, status: 'saved', error: null, by: '', clashes: 0 };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): SaverState => this.state;

  private set(change: Partial<SaverState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }

  get unsaved(): boolean {
    return this.draft !== null;
  }

  /** Take what the server has now, unless something here is not saved yet: that is joined when it is saved. */
  receive(report: ReportPage): void {
    if (this.draft || report.version <= this.base.version) return;
    this.base = report;
    this.set({ blocks: report.blocks, status: 'saved', error: null });
  }

  change(blocks: Block[]): void {
    this.draft = blocks;
    if (this.theirs) {
      this.set({ blocks });
      return;
    }
    this.set({ blocks, status: this.busy ? 'saving' : 'waiting' });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), this.pause);
  }

  /** Save now what is not saved. */
  flush = async (): Promise<void> => {
    clearTimeout(this.timer);
    if (this.busy || this.theirs) return;
    this.busy = true;
    try {
      while (this.draft && !this.theirs) await this.step(this.draft);
    } catch (error) {
      this.set({ status: 'failed', error });
    } finally {
      this.busy = false;
    }
  };

  private async step(sent: Block[]): Promise<void> {
    this.set({ status: 'saving', error: null });
    try {
      this.base = await this.server.send(this.base.version, sent);
      if (this.draft !== sent) return;
      this.draft = null;
      this.set({ status: 'saved', blocks: this.base.blocks });
    } catch (error) {
      if (!this.server.isConflict(error)) throw error;
      this.meet(await this.server.read());
    }
  }

  /** Join the draft with what somebody else saved; a block that both changed waits for a choice. */
  private meet(theirs: ReportPage): void {
    const { blocks, clashes } = join(this.base.blocks, this.state.blocks, theirs.blocks);
    if (clashes.length) {
      this.theirs = theirs;
      this.set({ status: 'clash', by: theirs.modified_by, clashes: clashes.length });
      return;
    }
    this.rebase(theirs, blocks);
    this.server.onJoined(theirs.modified_by);
  }

  private rebase(theirs: ReportPage, blocks: Block[]): void {
    this.base = theirs;
    this.draft = blocks;
    this.set({ blocks, by: '', clashes: 0 });
  }

  /** End a clash, and save. */
  choose(choice: Choice): void {
    const { theirs } = this;
    if (!theirs) return;
    this.theirs = null;
    const [first, second] = choice === 'theirs' ? [theirs.blocks, this.state.blocks] : [this.state.blocks, theirs.blocks];
    this.rebase(theirs, join(this.base.blocks, first, second, choice === 'both').blocks);
    void this.flush();
  }
}
