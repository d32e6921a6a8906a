/** What of the page's address a saved view keeps. Pure. */

/** What the person looks at now and then is no part of a view: a run's details, a compared file, and which view it was. */
const NOT_KEPT = ['saved', 'view', 'run', 'tab', 'side', 'file', 'pair'];

/** The query of a view, in one order, with the columns that are on screen. */
export function viewSearch(search: URLSearchParams, columns: string[]): string {
  const kept = new URLSearchParams(search);
  for (const key of NOT_KEPT) kept.delete(key);
  if (!kept.has('columns')) kept.set('columns', columns.join(','));
  kept.sort();
  return kept.toString();
}
