/** Printed text and Markdown, whose very long lines a browser can lay out, see `longLines`. */
import { RenderedMarkdown, RenderedText } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Message } from '@lumino/messaging';
import { breakLongLines } from '../../../../lib/longLines';

export const PRINTED = ['text/plain', 'application/vnd.jupyter.stdout'];
export const PRINTED_ERROR = 'application/vnd.jupyter.stderr';

/** A large notebook puts its cells into the page one after the other: a text is drawn with its cell, not before. */
export class PlainText extends RenderedText {
  private waiting: IRenderMime.IMimeModel | undefined;

  override async render(model: IRenderMime.IMimeModel): Promise<void> {
    if (!this.isAttached) {
      this.waiting = model;
      return;
    }
    await super.render(model);
    breakLongLines(this.node);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) void this.render(waiting);
  }
}

export class MarkdownText extends RenderedMarkdown {
  override async render(model: IRenderMime.IMimeModel): Promise<void> {
    await super.render(model);
    breakLongLines(this.node);
  }
}
