/** What an output's HTML asks of the network, of files beside the notebook and of other outputs. Pure. */

const LOADED = 'script[src], link[rel~=stylesheet][href], iframe[src], img[src], video[src], audio[src], source[src], embed[src]';

/** Parses HTML to look at. Handlers are renamed, because the browser reports them even where nothing runs. */
export function parse(html: string): Document {
  return new DOMParser().parseFromString(html.replace(/\son(\w+\s*=)/gi, ' data-handloom-on$1'), 'text/html');
}

/** Gives text of a parsed document its handlers back. */
export function withHandlers(text: string): string {
  return text.replaceAll(' data-handloom-on', ' on');
}

export function addressOf(element: Element): string {
  return (element.getAttribute(element.tagName === 'LINK' ? 'href' : 'src') ?? '').trim();
}

export function loaded(content: Document): Element[] {
  return [...content.querySelectorAll(LOADED)];
}

/** The hosts that it loads from, inner documents included. */
export function foreignHosts(content: Document): string[] {
  const hosts = loaded(content).flatMap((element) => {
    const found = /^(?:https?:)?\/\/([^/?#]+)/i.exec(addressOf(element));
    return found?.[1] ? [found[1].toLowerCase()] : [];
  });
  for (const frame of content.querySelectorAll('iframe[srcdoc]')) {
    hosts.push(...foreignHosts(parse(frame.getAttribute('srcdoc') ?? '')));
  }
  return [...new Set(hosts)];
}

/** Whether nothing is left of it without the network: all it shows is in a frame that loads scripts from elsewhere. */
export function isAllForeign(content: Document): boolean {
  const frames = [...content.querySelectorAll('iframe')];
  if (frames.length === 0 || content.querySelector('img, table, svg, canvas')) return false;
  return frames.every((frame) => {
    const inner = frame.getAttribute('srcdoc');
    return inner === null ? /^(?:https?:)?\/\//i.test(addressOf(frame)) : foreignHosts(parse(inner)).length > 0;
  });
}

export function isRelative(address: string): boolean {
  return address !== '' && !/^(?:[a-z][a-z0-9+.-]*:|\/|#)/i.test(address);
}

/** Characters from which on a script is taken for a library. */
const LIBRARY = 30_000;
/** Pictures and the like within a script, which make it long but no library. */
const DATA = /[A-Za-z0-9+/=]{60,}\\?\n?/g;

/** The long scripts of an output's HTML. */
export function librariesOf(html: string): string[] {
  if (html.length < LIBRARY || !html.includes('<script')) return [];
  return [...parse(html).querySelectorAll('script:not([src])')]
    .map((script) => withHandlers(script.textContent))
    .filter((text) => text.length >= LIBRARY && text.replace(DATA, '').length >= LIBRARY);
}
