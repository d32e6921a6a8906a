/** Pictures from other addresses: which notebook this document's Content-Security-Policy lets show them.
 *
 * The policy holds as long as the document lives, so a document with it shows that one notebook and nothing else.
 */

/** The id of the notebook that may show them here; null in the usual document. */
export function picturesOf(root: Document = document): string | null {
  return root.querySelector<HTMLMetaElement>('meta[name="handloom-pictures"]')?.content || null;
}

/** Whether a page at this path may be shown in a document whose policy was opened for `notebook`. */
export function staysInDocument(path: string, notebook: string | null): boolean {
  if (notebook === null) return true;
  const parts = path.split('/').filter(Boolean);
  return parts.length === 4 && parts[0] === 'workspaces' && parts[2] === 'notebooks' && parts[3] === notebook;
}

const savesUnderWay = new Set<Promise<unknown>>();
const savers = new Set<() => Promise<unknown>>();

/** The document is not replaced before this has ended. */
export function holdDocument(save: Promise<unknown>): void {
  savesUnderWay.add(save);
  void save.finally(() => savesUnderWay.delete(save));
}

/** Call this before the document is replaced. Returns what takes it back. */
export function saveBeforeReplacing(save: () => Promise<unknown>): () => void {
  savers.add(save);
  return () => void savers.delete(save);
}

/** Load the page at the current address anew, once everything is saved. */
export async function replaceDocument(): Promise<void> {
  await Promise.allSettled([...savesUnderWay, ...[...savers].map((save) => save())]);
  location.reload();
}
