/** Keeps the engine and the capacity that a notebook has chosen in its document. */
import { useMemo } from 'react';
import { useCapacities } from '../../../api/capacities';
import { useEngines } from '../../../api/engines';
import { useUpdateNotebook } from '../../../api/notebooks';
import type { Notebook } from '../../../api/schema';
import type { NotebookHost } from '../lab/notebookHost';
import { useChoiceInDocument } from './useChoiceInDocument';

export function useSessionChoices(record: Notebook, host: NotebookHost) {
  const { mutate } = useUpdateNotebook();
  const { data: engines } = useEngines();
  const capacities = useCapacities().data?.capacities;
  const at = { workspace: record.workspace, notebook: record.id };
  const knownEngines = useMemo(() => engines?.map(({ id }) => ({ id, name: id })), [engines]);
  const knownCapacities = useMemo(
    () => capacities?.map(({ id, name, source }) => ({ id, name: source === 'page' ? name : id })),
    [capacities],
  );
  useChoiceInDocument('engine', record.engine, host, knownEngines, (engine) => mutate({ ...at, engine }));
  useChoiceInDocument('capacity', record.capacity, host, knownCapacities, (capacity) => mutate({ ...at, capacity }));
}
