/** API errors and their messages for users. */
import i18n from 'i18next';

/** An error response of the server. `status` 0: no response. */
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

/** A message in the user's language that says what happened and what to do. */
export function errorTitle(error: unknown): string {
  const code = error instanceof ApiError ? CODES.find((one) => one === error.code) : undefined;
  return i18n.t(`errors.${code ?? 'internal'}`, { ns: 'shell' });
}

/** The server's message, which has details. */
export function errorDetail(error: unknown): string {
  if (error instanceof ApiError && error.status === 0) return '';
  return error instanceof Error ? error.message : String(error);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
