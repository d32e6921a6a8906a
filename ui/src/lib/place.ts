/** The current workspace and item, from the URL. */

export type ItemKind = 'notebook' | 'experiment' | 'model' | 'report';

export interface Place {
  workspace: string | null;
  item: { kind: ItemKind; id: string } | null;
}

const KINDS: Record<string, ItemKind> = { notebooks: 'notebook', experiments: 'experiment', models: 'model', reports: 'report' };

function decode(part: string | undefined): string | null {
  if (!part) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** "/workspaces/w/notebooks/n" -> workspace w, notebook n. */
export function readPlace(pathname: string): Place {
  const [root, workspace, noun = '', id] = pathname.split('/').filter(Boolean);
  if (root !== 'workspaces' || !workspace) return { workspace: null, item: null };
  const kind = KINDS[noun];
  const decoded = decode(id);
  return { workspace: decode(workspace), item: kind && decoded ? { kind, id: decoded } : null };
}
