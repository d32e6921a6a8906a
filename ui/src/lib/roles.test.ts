import { expect, test } from 'vitest';
import { atLeast, isRole, ROLES } from './roles';

test('a role may do what the ones before it may, and nobody without a role may anything', () => {
  expect(ROLES.map((role) => atLeast(role, 'contributor'))).toEqual([false, true, true, true]);
  expect(ROLES.map((role) => atLeast(role, 'admin'))).toEqual([false, false, false, true]);
  expect(atLeast(null, 'viewer')).toBe(false);
  expect(atLeast(undefined, 'viewer')).toBe(false);
});

test('only the four names are roles', () => {
  expect([...ROLES, 'owner', '', undefined].map(isRole)).toEqual([true, true, true, true, false, false, false]);
});
