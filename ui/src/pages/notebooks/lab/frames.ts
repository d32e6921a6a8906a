/** Outputs that the page draws itself: the renderer only gives it a node, so that theme and language follow. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

export const FRAME_TYPE = 'application/vnd.handloom.dataframe+json';
export const TRUNCATED_TYPE = 'application/vnd.handloom.truncated+json';
export const EXCEEDED_TYPE = 'application/vnd.handloom.exceeded+json';
export const WAYS_OUT_TYPE = 'application/vnd.handloom.ways-out+json';

export interface Place {
  key: number;
  node: HTMLElement;
  type: string;
  data: unknown;
}

/** The outputs of one notebook that the page draws. */
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

  constructor(
    private readonly frames: Frames,
    private readonly type: string,
  ) {
    super();
    this.key = frames.nextKey();
    this.addClass('handloom-frame');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.frames.put({ key: this.key, node: this.node, type: this.type, data: model.data[this.type] });
    return Promise.resolve();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.frames.drop(this.key);
    super.dispose();
  }
}

export function frameRenderers(frames: Frames): IRenderMime.IRendererFactory[] {
  return [FRAME_TYPE, TRUNCATED_TYPE, EXCEEDED_TYPE, WAYS_OUT_TYPE].map((type) => ({
    safe: true,
    mimeTypes: [type],
    defaultRank: 20,
    createRenderer: () => new FrameWidget(frames, type),
  }));
}
