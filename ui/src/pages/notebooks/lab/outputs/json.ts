/** JSON as a tree that opens and closes. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { breakLongLines } from '../../../../lib/longLines';

/** Levels that are open at first, and members that are shown of each at once. */
const OPEN = 1;
const MEMBERS = 200;

export class JsonTree extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly mimeType: string) {
    super();
    this.addClass('handloom-json');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { expanded } = Object(model.metadata[this.mimeType]);
    this.node.replaceChildren(branch(null, model.data[this.mimeType], expanded ? Infinity : OPEN));
    return Promise.resolve();
  }
}

function text(className: string, content: string): HTMLElement {
  const node = document.createElement('span');
  node.className = className;
  node.textContent = content;
  breakLongLines(node);
  return node;
}

function leaf(value: unknown): HTMLElement {
  const kind = value === null ? 'null' : typeof value;
  return text(`handloom-json-${kind}`, JSON.stringify(value) ?? 'null');
}

function branch(name: string | null, value: unknown, open: number): HTMLElement {
  const label = name === null ? [] : [text('handloom-json-name', name), text('handloom-json-mark', ': ')];
  if (typeof value !== 'object' || value === null) {
    const line = document.createElement('div');
    line.append(...label, leaf(value));
    return line;
  }
  const members = Object.entries(value);
  const node = document.createElement('details');
  const head = document.createElement('summary');
  head.append(...label, text('handloom-json-mark', Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`));
  node.append(head);
  const fill = () => {
    if (node.open && node.childElementCount === 1) addMembers(node, members, open - 1);
  };
  node.addEventListener('toggle', fill);
  node.open = open > 0;
  fill();
  return node;
}

function addMembers(node: HTMLElement, members: [string, unknown][], open: number): void {
  node.append(...members.slice(0, MEMBERS).map(([key, value]) => branch(key, value, open)));
  if (members.length <= MEMBERS) return;
  const more = document.createElement('button');
  more.type = 'button';
  more.textContent = `… ${members.length - MEMBERS}`;
  more.addEventListener('click', () => {
    more.remove();
    addMembers(node, members.slice(MEMBERS), open);
  });
  node.append(more);
}
