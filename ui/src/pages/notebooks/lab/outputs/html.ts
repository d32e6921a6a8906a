/** HTML, scripts and pictures in SVG: in the page where they are plain, in a frame of their own where they are active. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { htmlRendererFactory } from '@jupyterlab/rendermime';
import type { INotebookModel } from '@jupyterlab/notebook';
import { Panel, Widget } from '@lumino/widgets';
import { addressOf, foreignHosts, isAllForeign, isRelative, loaded, parse, withHandlers } from './hosts';
import { sharedLibraries } from './libraries';
import type { NetworkPermission } from './network';
import { ScriptFrame } from './scriptFrame';
import { breakLongLines } from '../../../../lib/longLines';

const ACTIVE = /<(?:script|style|link|iframe|object|embed)\b|\son\w+\s*=/i;
/** pandas sends this with every table; the page has a look of its own for tables. */
const SCOPED_STYLE = /<style scoped>[\s\S]*?<\/style>/gi;
/** Lies under the map of some outputs, and names a menu that this page does not have. */
const TRUST_HINT = /<span[^>]*>Make this Notebook Trusted to load map: File -(?:>|&gt;) Trust Notebook<\/span>/gi;
/** Matplotlib's animations take the icons of their buttons from another site; the frame has signs for them. */
const ICONS = /<link\b[^>]*\bfont-awesome\b[^>]*>/i;
const LARGEST_FILE = 30_000_000;

export interface Surroundings {
  network: NetworkPermission;
  model: () => INotebookModel | null;
}

abstract class Active extends Panel implements IRenderMime.IRenderer {
  private frame: ScriptFrame | undefined;

  constructor(
    protected readonly options: IRenderMime.IRendererOptions,
    private readonly around: Surroundings,
  ) {
    super();
    this.addClass('handloom-html');
  }

  abstract renderModel(model: IRenderMime.IMimeModel): Promise<void>;

  protected clear(): void {
    this.frame?.dispose();
    this.frame = undefined;
    for (const widget of [...this.widgets]) widget.dispose();
    this.node.replaceChildren();
  }

  protected addFrame(html: string): void {
    const { network, model } = this.around;
    const parsed = parse(html);
    const hosts = foreignHosts(parsed);
    const needsNetwork = hosts.length > 0 && isAllForeign(parsed);
    const content = async () => ({ html: await this.withFiles(html, parsed), scripts: sharedLibraries(model(), html) });
    this.frame = new ScriptFrame({ network, content, hosts, needsNetwork });
    this.node.append(this.frame.node);
  }

  /** The frame cannot read files beside the notebook: pictures and pages that it names are put in their place. */
  private async withFiles(html: string, parsed: Document): Promise<string> {
    const { resolver } = this.options;
    const relative = loaded(parsed).filter((element) => isRelative(addressOf(element)));
    if (!resolver || relative.length === 0) return html;
    const read = parse(html);
    for (const element of loaded(read)) {
      const address = addressOf(element);
      if (!isRelative(address)) continue;
      const url = await resolver.getDownloadUrl(await resolver.resolveUrl(address));
      const answer = await fetch(url);
      const file = answer.ok ? await answer.blob() : null;
      if (!file || file.size > LARGEST_FILE) continue;
      if (element.tagName === 'IFRAME') {
        element.removeAttribute('src');
        element.setAttribute('srcdoc', await file.text());
      } else if (element.tagName === 'SCRIPT') {
        element.removeAttribute('src');
        element.textContent = await file.text();
      } else element.setAttribute(element.tagName === 'LINK' ? 'href' : 'src', await dataUrl(file));
    }
    return withHandlers(read.documentElement.outerHTML);
  }

  override dispose(): void {
    this.frame?.dispose();
    super.dispose();
  }
}

function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(String(reader.error)));
    reader.readAsDataURL(file);
  });
}

/** HTML as it comes. Nothing in it can reach the page: active content goes into a frame. */
export class Html extends Active {
  private shown: string | undefined;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    let html = String(model.data['text/html'] ?? '').replace(SCOPED_STYLE, '').replace(TRUST_HINT, '');
    if (html.includes('class="anim-buttons"')) html = html.replace(ICONS, '');
    if (html === this.shown) return;
    this.shown = html;
    this.clear();
    if (ACTIVE.test(html)) {
      this.addFrame(html);
      return;
    }
    const plain = htmlRendererFactory.createRenderer(this.options);
    this.addWidget(plain);
    await plain.renderModel(model);
    breakLongLines(this.node);
  }
}

/** A script as an output: it gets the `element` that it may fill, as in other notebooks. */
export class Script extends Active {
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const code = String(model.data[this.options.mimeType] ?? '').replaceAll('</script', '<\\/script');
    this.clear();
    this.addFrame(`<div id="output"></div><script>(function (element) {\n${code}\n})(document.getElementById("output"));</script>`);
    return Promise.resolve();
  }
}

/** A picture, without scripts and styles that would reach the page. */
export class Svg extends Widget implements IRenderMime.IRenderer {
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const picture = document.createElement('img');
    const source = String(model.data['image/svg+xml'] ?? '');
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
    picture.alt = parse(source).querySelector('title')?.textContent ?? '';
    this.addClass('handloom-svg');
    this.node.replaceChildren(picture);
    return Promise.resolve();
  }
}
