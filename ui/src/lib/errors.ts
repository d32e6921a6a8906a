/** API errors and their messages for users. */
import i18n from 'i18next';

/** An error response of the server. `status` 0: no response. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    /** Names a sentence in `reasons.json`, which `values` fill in. */
    readonly reason: string | null = null,
    readonly values: Record<string, string | number> = {},
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

/** The sentence for the error's reason in the user's language; the server's message, which is English, where there is none. */
export function errorDetail(error: unknown): string {
  if (error instanceof ApiError && error.status === 0) return '';
  return (error instanceof ApiError && reasonText(error)) || (error instanceof Error ? error.message : String(error));
}

function reasonText({ reason, values }: ApiError): string | null {
  const text: unknown = reason === null ? undefined : i18n.getResource(i18n.language, 'reasons', reason);
  return typeof text === 'string' ? i18n.services.interpolator.interpolate(text, values, i18n.language, {}) : null;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
