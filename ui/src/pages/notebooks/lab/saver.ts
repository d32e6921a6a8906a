/** Saves one notebook: shortly after changes, again after failures, never over somebody else's newer version. */
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { JSONExt, type ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { changesSince, differInOutputsOnly, mergeNotebooks, sameJson } from '../merge';
import { applyNotebook } from './apply';
import type { Draft } from './drafts';
import { withoutCleared } from '../cleared';
import { isUnsaved, maySave, nextSaveState, retryDelay, saveDelay, type SaveEvent, type SaveState } from '../saving';

const NOTEBOOK: Pick<Contents.IModel, 'type' | 'format'> = { type: 'notebook', format: 'json' };
const CHANGED_ELSEWHERE = 409;
/** Tries to merge before the whole notebook is written. */
const MERGES = 3;

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('response' in error)) return 0;
  const { response } = error;
  return response instanceof Response ? response.status : 0;
}

interface Options {
  model: INotebookModel;
  drive: Contents.IDrive;
  /** The notebook's path as the drive knows it. */
  path: string;
  /** The file as it was read. */
  read: Contents.IModel;
  /** Asked when the file is not at its path: whether the notebook still exists, perhaps under another name. */
  whereabouts: () => Promise<boolean>;
  /** Whether this person may save it. If not, nothing that the page itself changes, such as ids of cells, is unsaved. */
  writable: () => boolean;
  /** Called before the notebook is written, to put into it what it does not hold by itself. */
  prepare: () => void;
}

export class Saver {
  readonly changed = new Signal<this, void>(this);
  state: SaveState;
  private known: string;
  private last: unknown;
  private attempts = 0;
  private firstEdit = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private underWay: Promise<void> | undefined;

  constructor(private readonly options: Options) {
    const { read, model } = options;
    this.known = read.last_modified;
    this.last = read.content;
    this.state = { kind: 'saved', at: Date.parse(read.last_modified) };
    model.contentChanged.connect(this.onEdited, this);
    model.metadataChanged.connect(this.onEdited, this);
  }

  dispose(): void {
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private become(event: SaveEvent): void {
    this.state = nextSaveState(this.state, event, this.attempts);
    this.options.model.dirty = isUnsaved(this.state);
    this.changed.emit();
  }

  private onEdited(): void {
    if (this.options.writable()) this.edited();
  }

  private edited(): void {
    const before = this.state.kind;
    if (before === 'saved') this.firstEdit = Date.now();
    if (before !== 'dirty' && before !== 'failed') this.become({ type: 'edited' });
    if (this.state.kind === 'dirty') this.schedule(saveDelay(this.firstEdit, Date.now()));
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), delay);
  }

  /** Save now what is unsaved; ends when it is saved, has failed, or needs a decision. */
  async save(): Promise<void> {
    if (this.underWay) await this.underWay;
    if (!maySave(this.state)) return;
    clearTimeout(this.timer);
    this.become({ type: 'begun' });
    this.underWay = this.write(false);
    await this.underWay;
  }

  /** Write over what is in the file now. */
  async overwrite(): Promise<void> {
    this.become({ type: 'begun' });
    this.underWay = this.write(true);
    await this.underWay;
  }

  /** The notebook as it is written. */
  private content(): unknown {
    return withoutCleared(this.options.model.toJSON());
  }

  private async write(anyway: boolean): Promise<void> {
    const { drive, path } = this.options;
    try {
      this.options.prepare();
      const content = this.content();
      const nothingNew = !anyway && JSONExt.deepEqual(plain(content), plain(this.last));
      if (!nothingNew) {
        const saved = anyway ? await drive.save(path, { ...NOTEBOOK, content }) : await this.saveChanges(content);
        if (!saved) return;
        this.known = saved.last_modified;
        if (anyway) this.last = content;
      }
      this.attempts = 0;
      this.become({ type: 'done', at: Date.now() });
    } catch (error) {
      await this.failed(error);
    } finally {
      this.underWay = undefined;
      if (this.state.kind === 'dirty') {
        this.firstEdit = Date.now();
        this.schedule(saveDelay(this.firstEdit, this.firstEdit));
      }
    }
  }

  /** Send the cells that differ from what the file holds. Null where a person has to decide first. */
  private async saveChanges(content: unknown): Promise<Contents.IModel | null> {
    const { model, drive, path } = this.options;
    for (let attempt = 0; attempt < MERGES; attempt += 1) {
      try {
        const changes = { ...NOTEBOOK, base: this.known, content: changesSince(this.last, content) };
        const saved = await drive.save(path, changes);
        this.last = content;
        return saved;
      } catch (error) {
        if (statusOf(error) !== CHANGED_ELSEWHERE) throw error;
      }
      const theirs = await this.newer();
      if (!theirs) continue; // the same text under another time, or the file was deleted by hand
      const merged = mergeNotebooks(this.last, content, theirs.content);
      if (!merged) {
        this.become({ type: 'conflict', theirs: theirs.content, theirsAt: Date.parse(theirs.last_modified) });
        return null;
      }
      applyNotebook(model, merged);
      this.known = theirs.last_modified;
      this.last = theirs.content;
      content = this.content();
    }
    const saved = await drive.save(path, { ...NOTEBOOK, content });
    this.last = content;
    return saved;
  }

  private async failed(error: unknown): Promise<void> {
    if (statusOf(error) === 404 && !(await this.options.whereabouts().catch(() => true))) {
      this.become({ type: 'gone' });
      return;
    }
    this.attempts += 1;
    this.become({ type: 'failed', error });
    this.schedule(retryDelay(this.attempts));
  }

  private async newer(): Promise<Contents.IModel | null> {
    const { drive, path } = this.options;
    const now = await drive.get(path, { type: 'notebook', content: false }).catch((error: unknown) => {
      if (statusOf(error) === 404) return null; // the file was deleted by hand: saving brings it back
      throw error;
    });
    if (!now || now.last_modified === this.known) return null;
    const theirs = await drive.get(path, { type: 'notebook', content: true, format: 'json' });
    if (!sameJson(theirs.content, this.last)) return theirs;
    this.known = theirs.last_modified;
    return null;
  }

  /** The notebook is no more: nothing is left to save to. */
  markGone(): void {
    clearTimeout(this.timer);
    if (this.state.kind !== 'gone') this.become({ type: 'gone' });
  }

  /** What is on screen and what it was made from, for when the page goes before it is saved. */
  draft(): Draft {
    return { content: this.content(), known: this.known, last: this.last };
  }

  restore(draft: Draft): void {
    this.options.model.fromJSON(asNotebook(draft.content));
    this.known = draft.known;
    this.last = draft.last;
    this.edited();
  }

  /** Take over what another tab, program or the server wrote. True where text was taken over, not only outputs. */
  async refresh(): Promise<boolean> {
    if (this.state.kind !== 'saved') return false;
    const theirs = await this.newer().catch(() => null);
    if (!theirs || this.state.kind !== 'saved') return false;
    const { model } = this.options;
    const mine = this.content();
    const merged = mergeNotebooks(this.last, mine, theirs.content);
    if (!merged) {
      this.take(theirs);
      return true;
    }
    applyNotebook(model, merged);
    this.known = theirs.last_modified;
    this.last = theirs.content;
    this.become({ type: 'replaced', at: Date.parse(theirs.last_modified) });
    return !differInOutputsOnly(mine, merged);
  }

  /** Show their version instead of ours. */
  async takeTheirs(): Promise<void> {
    const { drive, path } = this.options;
    this.take(await drive.get(path, { type: 'notebook', content: true, format: 'json' }));
  }

  private take(theirs: Contents.IModel): void {
    clearTimeout(this.timer);
    this.options.model.fromJSON(theirs.content);
    this.options.model.sharedModel.clearUndoHistory();
    this.known = theirs.last_modified;
    this.last = theirs.content;
    this.become({ type: 'replaced', at: Date.parse(theirs.last_modified) });
  }
}

function asNotebook(content: unknown): INotebookContent {
  return JSON.parse(JSON.stringify(content));
}

function plain(content: unknown): ReadonlyPartialJSONValue {
  return JSON.parse(JSON.stringify(content ?? null));
}
