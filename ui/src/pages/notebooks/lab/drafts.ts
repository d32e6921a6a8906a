/** Work that could not be saved when its page was left: kept in this tab until the notebook is opened again. */

export interface Draft {
  content: unknown;
  /** The file's time and content as they were known: tells whether somebody has saved since. */
  known: string;
  last: unknown;
}

const drafts = new Map<string, Draft>();

/** The browser asks before it forgets what is only here. */
function warn(event: BeforeUnloadEvent): void {
  if (drafts.size) event.preventDefault();
}

export function keepDraft(notebook: string, draft: Draft): void {
  drafts.set(notebook, draft);
  window.addEventListener('beforeunload', warn);
}

export function takeDraft(notebook: string): Draft | undefined {
  const draft = drafts.get(notebook);
  drafts.delete(notebook);
  if (!drafts.size) window.removeEventListener('beforeunload', warn);
  return draft;
}
