import { expect, test } from 'vitest';
import { readPlace } from './place';

test('the address says the workspace and the item', () => {
  expect(readPlace('/workspaces/w1/notebooks/n1')).toEqual({ workspace: 'w1', item: { kind: 'notebook', id: 'n1' } });
  expect(readPlace('/workspaces/w1')).toEqual({ workspace: 'w1', item: null });
  expect(readPlace('/workspaces')).toEqual({ workspace: null, item: null });
  expect(readPlace('/create')).toEqual({ workspace: null, item: null });
});

test('names in the address are decoded, broken ones are left', () => {
  expect(readPlace('/workspaces/w/models/%EB%AA%A8%EB%8D%B8%2F1').item?.id).toBe('모델/1');
  expect(readPlace('/workspaces/w/models/100%').item?.id).toBe('100%');
});
