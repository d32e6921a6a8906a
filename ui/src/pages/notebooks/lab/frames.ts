/** Tables of data in outputs: the renderer only offers a place; the page draws into it, so theme and language follow. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

export const FRAME_TYPE = 'application/vnd.handloom.dataframe+json';

export interface Place {
  key: number;
  node: HTMLElement;
  data: unknown;
}

/** The tables that are in the outputs of one notebook now. */
export class Frames {
  readonly changed = new Signal<this, void>(this);
  places: readonly Place[] = [];
  private count = 0;

  nextKey(): number {
    this.count += 1;
    return this.count;
  }

  put(place: Place): void {
    this.places = [...this.places.filter((one) => one.key !== place.key), place];
    this.changed.emit();
  }

  drop(key: number): void {
    this.places = this.places.filter((one) => one.key !== key);
    this.changed.emit();
  }
}

class FrameWidget extends Widget implements IRenderMime.IRenderer {
  private readonly key: number;

  constructor(private readonly frames: Frames) {
    super();
    this.key = frames.nextKey();
    this.addClass('handloom-frame');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.frames.put({ key: this.key, node: this.node, data: model.data[FRAME_TYPE] });
    return Promise.resolve();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.frames.drop(this.key);
    super.dispose();
  }
}

export function frameRenderer(frames: Frames): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [FRAME_TYPE], defaultRank: 20, createRenderer: () => new FrameWidget(frames) };
}
