import { expect, test } from 'vitest';
import { changesOf } from './changes';

test('rows go before files, and what nobody counted is left out', () => {
  expect(changesOf({ num_added_rows: '3', num_added_files: '1', num_removed_files: '0' })).toEqual([{ key: 'rowsAdded', count: 3 }]);
  expect(changesOf({ numRemovedFile: '2', numRestoredFile: '1' })).toEqual([
    { key: 'filesAdded', count: 1 },
    { key: 'filesRemoved', count: 2 },
  ]);
  expect(changesOf({ numOutputRows: 'many', execution_time_ms: '9' })).toEqual([]);
});
