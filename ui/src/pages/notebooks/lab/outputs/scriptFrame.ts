/**
 * A frame that runs the scripts of one output at an address of its own: without the page's rights, the session's cookie
 * and, unless the person allows it, the network. It is built when it comes into view.
 */
import { i18n } from '../../../../lib/i18n';
import { served } from '../../../../lib/pathPrefix';
import type { NetworkPermission } from './network';
import { explain } from './note';
import { frameTheme, onThemeChange } from './theme';

const TALLEST = 2000;
const NEAR = '600px';

/** What scripts that reach for the page of another notebook program fail with. */
const FOREIGN = /(^|[^\w$])(IPython|Jupyter|require|requirejs|define|google|colab|jQuery|\$) is not defined/;

function failure(why: string): string {
  if (FOREIGN.test(why)) return i18n.t('notebooks:outputs.frameForeign');
  return i18n.t('notebooks:outputs.frameFailed', { why: why.slice(0, 500) });
}

export interface FrameContent {
  html: string;
  /** Scripts that run before it: libraries which earlier outputs of the notebook brought along. */
  scripts?: readonly string[];
}

interface Options {
  network: NetworkPermission;
  content: () => Promise<FrameContent> | FrameContent;
  /** Hosts that the content loads from. */
  hosts?: readonly string[];
  /** Do not even try it without the network. */
  needsNetwork?: boolean;
  /** Takes messages that the frame's own protocol does not know. */
  onMessage?: (message: object, reply: (answer: unknown, transfer?: Transferable[]) => void) => void;
}

export class ScriptFrame {
  readonly node = document.createElement('div');
  private frame: HTMLIFrameElement | undefined;
  private readonly stops: (() => void)[] = [];
  private readonly blocked = new Set<string>();

  constructor(private readonly options: Options) {
    this.node.className = 'handloom-script-output';
    const heard = (event: MessageEvent<unknown>) => {
      if (this.frame && event.source === this.frame.contentWindow) void this.hear(event.data);
    };
    window.addEventListener('message', heard);
    const build = () => this.build();
    options.network.changed.connect(build);
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        seen.disconnect();
        this.build();
      },
      { rootMargin: NEAR, scrollMargin: NEAR }, // the notebook scrolls in a box of its own, which a root margin leaves out
    );
    seen.observe(this.node);
    this.stops.push(
      () => window.removeEventListener('message', heard),
      () => options.network.changed.disconnect(build),
      () => seen.disconnect(),
      onThemeChange(() => this.post({ theme: frameTheme() })),
    );
  }

  post(message: unknown, transfer: Transferable[] = []): void {
    this.frame?.contentWindow?.postMessage(message, '*', transfer);
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.node.replaceChildren();
    this.frame = undefined;
  }

  private build(): void {
    const { network, hosts = [], needsNetwork } = this.options;
    this.node.replaceChildren();
    this.frame = undefined;
    this.blocked.clear();
    if (!network.allowed) for (const host of hosts) this.blocked.add(host);
    if (network.allowed || !needsNetwork) {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts allow-downloads');
      frame.className = 'handloom-output-frame';
      frame.title = i18n.t('notebooks:outputs.frame');
      frame.src = served(network.allowed ? '/output-frame?network=allowed' : '/output-frame');
      this.frame = frame;
      this.node.append(frame);
    }
    this.explainBlocked();
  }

  private async hear(data: unknown): Promise<void> {
    if (data === 'ready') {
      const content = await this.options.content();
      this.post({ ...content, theme: frameTheme() });
      return;
    }
    if (typeof data !== 'object' || data === null || !this.frame) return;
    const { height, blocked, failed, unloaded, link } = fields(data);
    if (typeof height === 'number') this.frame.style.height = `${Math.min(TALLEST, Math.max(1, height))}px`;
    else if (typeof blocked === 'string') {
      this.blocked.add(blocked);
      this.explainBlocked();
    } else if (typeof failed === 'string') {
      if (this.blocked.size === 0) explain(this.node, failure(failed));
    } else if (typeof unloaded === 'string') {
      if (!this.blocked.has(unloaded)) explain(this.node, i18n.t('notebooks:outputs.notLoaded', { what: unloaded.slice(0, 200) }));
    }
    else if (typeof link === 'string') this.offer(link);
    else this.options.onMessage?.(data, (answer, transfer) => this.post(answer, transfer));
  }

  private explainBlocked(): void {
    if (this.blocked.size === 0) return;
    for (const note of this.node.querySelectorAll('.handloom-output-note')) note.remove();
    const [first = '', ...more] = this.blocked;
    const hosts = more.length ? i18n.t('notebooks:outputs.andMore', { first, count: more.length }) : first;
    const label = i18n.t('notebooks:outputs.allow');
    explain(this.node, i18n.t('notebooks:outputs.blocked', { hosts }), { label, run: () => this.options.network.set(true) });
  }

  /** A link is followed by the person who reads where it leads, so that a script cannot send anything by it. */
  private offer(link: string): void {
    if (!/^https?:\/\//i.test(link)) return;
    const open = () => window.open(link, '_blank', 'noopener,noreferrer');
    explain(this.node, i18n.t('notebooks:outputs.link', { link: link.slice(0, 500) }), { label: i18n.t('notebooks:outputs.open'), run: open });
  }
}

function fields(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data));
}
