import { expect, test } from 'vitest';
import { readWays } from './waysOut';

test('ways out are read as the session wrote them', () => {
  expect(readWays({ retry: true, engines: ['apache', 'quick'] })).toEqual({ retry: true, engines: ['quick', 'apache'] });
  expect(readWays({ retry: false, engines: [] })).toEqual({ retry: false, engines: [] });
});

test('what a file says otherwise offers nothing', () => {
  for (const data of [null, 'quick', {}, { retry: 1, engines: ['quick'] }, { retry: true, engines: 'quick' }]) {
    expect(readWays(data)).toBeNull();
  }
  expect(readWays({ retry: false, engines: ['sc://elsewhere', '__proto__', 3] })).toEqual({ retry: false, engines: [] });
});
