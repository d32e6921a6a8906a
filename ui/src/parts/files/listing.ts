/** The query of a folder's listing, shared by the tree, the comparison and the pictures by step. */
import type { Source } from './source';

export const FRESH = 5_000;

export function listingQuery(source: Pick<Source, 'id' | 'list'>, folder: string) {
  return { queryKey: ['files', source.id, folder], queryFn: () => source.list(folder), staleTime: FRESH };
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
