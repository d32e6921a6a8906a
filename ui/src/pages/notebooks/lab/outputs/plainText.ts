/** Printed text and Markdown, whose very long lines a browser can lay out, see `longLines`. */
import { RenderedMarkdown, RenderedText } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { breakLongLines } from '../../../../lib/longLines';

export const PRINTED = ['text/plain', 'application/vnd.jupyter.stdout'];
export const PRINTED_ERROR = 'application/vnd.jupyter.stderr';

export class PlainText extends RenderedText {
  override async render(model: IRenderMime.IMimeModel): Promise<void> {
    await super.render(model);
    breakLongLines(this.node);
  }
}

export class MarkdownText extends RenderedMarkdown {
  override async render(model: IRenderMime.IMimeModel): Promise<void> {
    await super.render(model);
    breakLongLines(this.node);
  }
}
