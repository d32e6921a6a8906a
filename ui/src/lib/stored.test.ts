import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { readList, toggled, useStoredList, withFirst } from './stored';

beforeEach(() => {
  localStorage.clear();
});

test('what is not a list of texts counts as none', () => {
  expect(readList(null)).toEqual([]);
  expect(readList('{')).toEqual([]);
  expect(readList('{"a":1}')).toEqual([]);
  expect(readList('["a",1,"b"]')).toEqual(['a', 'b']);
});

test('toggling takes out what is in', () => {
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});

test('the newest comes first, once, and the list stays short', () => {
  expect(withFirst(['a', 'b', 'c'], 'b', 3)).toEqual(['b', 'a', 'c']);
  expect(withFirst(['a', 'b', 'c'], 'd', 3)).toEqual(['d', 'a', 'b']);
});

test('two changes in a row both count, and all users of the list hear of them', () => {
  const one = renderHook(() => useStoredList('pins'));
  const two = renderHook(() => useStoredList('pins'));
  act(() => {
    one.result.current[1]((old) => [...old, 'a']);
    one.result.current[1]((old) => [...old, 'b']);
  });
  expect(one.result.current[0]).toEqual(['a', 'b']);
  expect(two.result.current[0]).toEqual(['a', 'b']);
});
