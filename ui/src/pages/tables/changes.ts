/** What a commit changed, from the metrics that the engines write under different names. */

const NAMES = {
  rowsAdded: ['num_added_rows', 'numOutputRows', 'numTargetRowsInserted', 'num_target_rows_inserted', 'numInsertedRows'],
  rowsUpdated: ['num_updated_rows', 'numUpdatedRows', 'numTargetRowsUpdated', 'num_target_rows_updated'],
  rowsDeleted: ['num_deleted_rows', 'numDeletedRows', 'numTargetRowsDeleted', 'num_target_rows_deleted'],
  filesAdded: ['num_added_files', 'numFiles', 'numAddedFiles', 'numFilesAdded', 'num_target_files_added', 'numRestoredFile', 'numRestoredFiles'],
  filesRemoved: ['num_removed_files', 'numRemovedFiles', 'numFilesRemoved', 'num_target_files_removed', 'numRemovedFile'],
} as const;
export type ChangeKey = keyof typeof NAMES;

export interface Change {
  key: ChangeKey;
  count: number;
}

const KEYS: readonly ChangeKey[] = ['rowsAdded', 'rowsUpdated', 'rowsDeleted', 'filesAdded', 'filesRemoved'];

/** The rows that changed; the files where the commit counts no rows. */
export function changesOf(metrics: Readonly<Record<string, string>>): Change[] {
  const found = KEYS.flatMap((key) => {
    const name = NAMES[key].find((one) => /^\d+$/.test(metrics[one] ?? ''));
    const count = name === undefined ? 0 : Number(metrics[name]);
    return count > 0 ? [{ key, count }] : [];
  });
  const rows = found.filter(({ key }) => key.startsWith('rows'));
  return rows.length ? rows : found;
}
