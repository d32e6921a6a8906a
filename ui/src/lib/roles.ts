/** What a role in a workspace allows, for pages that leave out what would be refused. */

export type Role = 'viewer' | 'contributor' | 'member' | 'admin';

/** In the order of what they may do. */
export const ROLES: readonly Role[] = ['viewer', 'contributor', 'member', 'admin'];

export function atLeast(role: Role | null | undefined, needed: Role): boolean {
  return role !== null && role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}
