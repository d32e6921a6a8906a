/** What went wrong, as the server says it, and as people read it. */
import i18n from 'i18next';

/** An answer of the server that is not a success. `status` 0: no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

const CODES = [
  'not_found', 'already_exists', 'invalid', 'forbidden', 'unauthenticated', 'conflict', 'unavailable', 'internal', 'offline',
] as const;

/** One sentence in the person's language that says what happened and what to do. */
export function errorTitle(error: unknown): string {
  const code = error instanceof ApiError ? CODES.find((one) => one === error.code) : undefined;
  return i18n.t(`errors.${code ?? 'internal'}`, { ns: 'shell' });
}

/** The server's own words, where it has some: they name the thing. */
export function errorDetail(error: unknown): string {
  if (error instanceof ApiError && error.status === 0) return '';
  return error instanceof Error ? error.message : String(error);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
