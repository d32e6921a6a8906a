/** The tag of a run with what its code had that was not committed. Pure: a tag may hold anything. */
const TAG = 'handloom.git.changes';

export interface CodeChanges {
  commit: string;
  /** How many files differed from the commit. */
  count: number;
  /** The first of them. */
  files: string[];
  diff: string;
  /** Whether the diff is only its beginning. */
  cut: boolean;
}

/** Null where the run does not say, or nobody can read what it says. */
export function codeChangesOf(tags: Readonly<Record<string, string>>): CodeChanges | null {
  try {
    const value: unknown = JSON.parse(tags[TAG] ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const { commit, count, files, diff, cut }: Record<string, unknown> = { ...value };
    if (typeof commit !== 'string' || typeof count !== 'number' || !Array.isArray(files)) return null;
    const names = files.filter((file): file is string => typeof file === 'string');
    return { commit, count, files: names, diff: typeof diff === 'string' ? diff : '', cut: cut === true };
  } catch {
    return null;
  }
}
