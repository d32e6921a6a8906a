/** Keeps the name of what a notebook has chosen in its document, and takes what a document from elsewhere names. */
import { useEffect, useRef } from 'react';
import type { NotebookHost } from '../lab/notebookHost';
import { documentKeeps, metadataWith, type Choice, type ChoiceKey } from './choiceMetadata';

/** The key of the document's metadata; the server reads and writes the same. */
const KEY = 'handloom';

/** `choices` is undefined while it loads, and must keep its identity between renders. */
export function useChoiceInDocument(
  key: ChoiceKey,
  chosen: string,
  host: NotebookHost,
  choices: readonly Choice[] | undefined,
  choose: (id: string) => void,
) {
  const before = useRef<string | null>(null);
  useEffect(() => {
    const model = host.panel.context.model;
    if (!choices || model.isDisposed) return;
    const kept: unknown = model.getMetadata(KEY);
    const act = documentKeeps(kept, key, chosen, choices, before.current);
    before.current = chosen;
    if (act.kind === 'take') choose(act.id);
    else if (act.kind === 'write') model.setMetadata(KEY, metadataWith(kept, key, act.name));
    else if (act.kind === 'forget') {
      const rest = metadataWith(kept, key, null);
      if (Object.keys(rest).length) model.setMetadata(KEY, rest);
      else model.deleteMetadata(KEY);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `choose` is another function each time
  }, [chosen, host, choices]);
}
