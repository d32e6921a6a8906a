/** What the run list asks for first, before the page is drawn: the experiment, its keys, and the first runs. */
import type { QueryClient } from '@tanstack/react-query';
import { columnsQuery, experimentQuery } from '../../api/experiments';
import { runPagesQuery } from '../../api/runs';
import { readList } from '../../lib/stored';
import { readState } from './address';
import { defaultColumns } from './columns';
import { storedColumns } from './useColumnPlaces';
import { orderTexts, shapeOf } from './useRunRows';

/** A failure is met again by the page itself. */
export async function prefetch(client: QueryClient, { workspace = '', experiment = '' }: Record<string, string | undefined>, search: URLSearchParams): Promise<void> {
  const state = readState(search);
  const record = client.prefetchQuery(experimentQuery(workspace, experiment));
  if (state.view !== 'list' || state.group.length) return record;
  const keys = await client.fetchQuery(columnsQuery(workspace, experiment));
  const chosen = readList(localStorage.getItem(storedColumns(`${workspace}.${experiment}`)));
  const columns = state.columns ?? (chosen.length ? chosen : defaultColumns(keys.suggested, []));
  const pages = runPagesQuery(workspace, experiment, state.filter, orderTexts(state), columns, shapeOf(state, keys));
  await Promise.all([record, client.prefetchInfiniteQuery(pages)]);
}
