/**
 * What runs inside the frame of a widget with a script of its own: gives the script the model that it expects, and keeps
 * that in step with the page by messages. The function is sent as text, so it must not use anything from outside itself.
 */
export function widgetMain(): void {
  type Listener = (...values: unknown[]) => void;
  const listeners = new Map<string, Set<Listener>>();
  const state: Record<string, unknown> = {};
  let unsaved: Record<string, unknown> = {};
  const node = document.getElementById('widget');

  const emit = (event: string, ...values: unknown[]) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...values);
  };
  const take = (changes: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(changes)) state[name] = value;
  };
  const tell = (changes: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(changes)) emit(`change:${name}`, model, value);
    emit('change', model);
  };
  const model = {
    get: (name: string) => state[name],
    set: (name: string | Record<string, unknown>, value?: unknown) => {
      const changes = typeof name === 'string' ? { [name]: value } : name;
      take(changes);
      unsaved = { ...unsaved, ...changes };
      tell(changes);
    },
    save_changes: () => {
      parent.postMessage({ widget: 'save', state: unsaved }, '*');
      unsaved = {};
    },
    on: (event: string, listener: Listener) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event?: string | null, listener?: Listener | null) => {
      for (const [name, some] of listeners) {
        if (event && name !== event) continue;
        if (listener) some.delete(listener);
        else some.clear();
      }
    },
    send: (content: unknown, _callbacks?: unknown, buffers?: unknown[]) => {
      parent.postMessage({ widget: 'send', content, buffers: buffers ?? [] }, '*');
    },
    widget_manager: { get_model: () => Promise.reject(new Error('other widgets are out of reach of this one')) },
  };
  const invoke = (name: string, message?: unknown, options: { buffers?: unknown[] } = {}) =>
    new Promise((resolve) => {
      const id = `${Date.now()}-${Math.random()}`;
      const answered = (content: unknown, buffers: unknown) => {
        const { id: of, kind, response } = Object(content);
        if (kind !== 'anywidget-command-response' || of !== id) return;
        model.off('msg:custom', answered);
        resolve([response, buffers]);
      };
      model.on('msg:custom', answered);
      model.send({ id, kind: 'anywidget-command', name, msg: message }, undefined, options.buffers);
    });
  const experimental = { invoke };

  const begin = async (esm: string) => {
    const isAddress = /^https?:\/\//.test(esm);
    const address = isAddress ? esm : URL.createObjectURL(new Blob([esm], { type: 'text/javascript' }));
    const loaded = await import(/* @vite-ignore */ address);
    const made = loaded.default ?? loaded;
    const widget = typeof made === 'function' ? await made() : made;
    await widget.initialize?.({ model, experimental });
    await widget.render?.({ model, el: node, experimental });
  };
  addEventListener('message', ({ source, data }: MessageEvent) => {
    if (source !== parent) return;
    if (data.widget === 'state') {
      take(data.state);
      begin(data.esm).catch((error: unknown) => parent.postMessage({ failed: String(error) }, '*'));
    } else if (data.widget === 'change') {
      take(data.state);
      tell(data.state);
    } else if (data.widget === 'message') emit('msg:custom', data.content, data.buffers ?? []);
  });
  parent.postMessage({ widget: 'begin' }, '*');
}
