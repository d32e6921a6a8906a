/** What of the page's address a saved view keeps. A view may be a comparison: of runs of its experiment, or of any. Pure. */
import { readPicks } from '../compare/address';
import { readState } from './address';

/** What the person looks at now and then is no part of a view: a run's details, a compared file, and which view it was. */
const NOT_KEPT = ['saved', 'run', 'tab', 'file', 'pair'];
/** Which side of the page is open: kept where it is the comparison, but no change of a view that shows the list. */
const PLACES = ['view', 'side'];
/** The `view` of a saved comparison that has a page of its own, for runs of several experiments. */
const ACROSS = 'across';

/** The query of a view, in one order, with the columns that are on screen; none are where the list is not. */
export function viewSearch(search: URLSearchParams, columns: string[] | undefined): string {
  const kept = new URLSearchParams(search);
  for (const key of NOT_KEPT) kept.delete(key);
  if (kept.get('view') !== 'compare') for (const key of PLACES) kept.delete(key);
  if (columns && !kept.has('columns')) kept.set('columns', columns.join(','));
  kept.sort();
  return kept.toString();
}

/** Whether the page shows something else than the view that it was opened as. */
export function differs(now: URLSearchParams, view: URLSearchParams, columns: string[] | undefined): boolean {
  const [one, other] = [now, view].map((search) => {
    const compared = new URLSearchParams(viewSearch(search, columns));
    for (const key of columns ? PLACES : [...PLACES, 'columns']) compared.delete(key);
    return compared.toString();
  });
  return one !== other;
}

/** The query of a view that is the comparison at this address. */
export function acrossSearch(search: URLSearchParams): string {
  const kept = new URLSearchParams(search);
  kept.delete('view');
  kept.delete('name');
  return `view=${ACROSS}&${kept.toString()}`;
}

/** The address of a saved comparison with a page of its own; null: the view is one of the experiment's page. */
export function acrossPath(name: string, search: string): string | null {
  const kept = new URLSearchParams(search);
  if (kept.get('view') !== ACROSS) return null;
  kept.delete('view');
  kept.set('name', name);
  return `/compare?${kept.toString()}`;
}

/** How many runs a saved comparison has; 0: the view is a list. */
export function runsCompared(search: string): number {
  const kept = new URLSearchParams(search);
  if (kept.get('view') === ACROSS) return readPicks(kept).length;
  return kept.get('view') === 'compare' ? readState(kept).picked.length : 0;
}
