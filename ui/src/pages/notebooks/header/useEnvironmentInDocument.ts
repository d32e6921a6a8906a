/** Keeps the name of the notebook's environment in its document, and takes the one that a document from elsewhere names. */
import { useEffect, useRef } from 'react';
import type { Environment, Notebook } from '../../../api/schema';
import type { NotebookHost } from '../lab/notebookHost';
import { documentKeeps, nameToKeep } from './environmentMetadata';

/** The key of the document's metadata; the server reads and writes the same. */
const KEY = 'handloom';

export function useEnvironmentInDocument(
  record: Notebook,
  host: NotebookHost,
  environments: Environment[] | undefined,
  choose: (environment: string) => void,
) {
  const before = useRef<string | null>(null);
  useEffect(() => {
    const model = host.panel.context.model;
    if (!environments || model.isDisposed) return;
    const kept: unknown = model.getMetadata(KEY);
    const act = documentKeeps(kept, record.environment, environments, before.current);
    before.current = record.environment;
    if (act.kind === 'take') choose(act.environment);
    else if (act.kind === 'write') model.setMetadata(KEY, nameToKeep(kept, act.name));
    else if (act.kind === 'forget') {
      const rest = nameToKeep(kept, null);
      if (Object.keys(rest).length) model.setMetadata(KEY, rest);
      else model.deleteMetadata(KEY);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `choose` is another function each time
  }, [record.environment, host, environments]);
}
