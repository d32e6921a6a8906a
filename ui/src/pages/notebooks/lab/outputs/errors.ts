/** Errors: the person's own lines and the message are shown, frames inside libraries open on request. */
import { renderError } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { i18n } from '../../../../lib/i18n';
import { breakLongLines } from '../../../../lib/longLines';
import { partsOf, type Part } from './traceback';

export const ERROR = 'application/vnd.jupyter.error';

export class ErrorOutput extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('jp-RenderedText');
    this.node.dataset.mimeType = ERROR;
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { ename, evalue, traceback } = Object(model.data[ERROR]);
    const entries = Array.isArray(traceback) && traceback.length ? traceback.map(String) : [`${ename}: ${evalue}`];
    const nodes = await Promise.all(partsOf(entries).map((part) => this.draw(part)));
    this.node.replaceChildren(...nodes);
  }

  private async draw(part: Part): Promise<HTMLElement> {
    const host = document.createElement('div');
    const { sanitizer, resolver, linkHandler } = this.options;
    await renderError({ host, sanitizer, source: part.text, resolver, linkHandler });
    breakLongLines(host);
    if (!part.library) return host;
    const folded = document.createElement('details');
    folded.className = 'handloom-folded';
    const head = document.createElement('summary');
    head.textContent = i18n.t('notebooks:outputs.libraryFrames', { count: part.frames });
    folded.append(head, host);
    return folded;
  }
}
