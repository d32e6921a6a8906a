/** HTTP client of the server's /api/v1: JSON requests and replies with the session cookie; errors are thrown as ApiError. */
import { ApiError } from '../lib/errors';
import { served } from '../lib/pathPrefix';

export { ApiError } from '../lib/errors';

type Value = string | number | boolean | null | undefined;
export type Query = Record<string, Value | readonly string[]>;

const ROOT = served('/api/v1');

/** A path with its parts percent-encoded: path`/workspaces/${id}/items`. */
export function path(texts: TemplateStringsArray, ...parts: (string | number)[]): string {
  return texts.reduce((whole, text, i) => whole + encodeURIComponent(String(parts[i - 1])) + text);
}

function withQuery(where: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') for (const one of value) search.append(key, one);
    else search.append(key, String(value));
  }
  const text = search.toString();
  return text ? `${where}?${text}` : where;
}

/** The URL of raw content (previews, downloads). */
export function address(where: string, query?: Query): string {
  return withQuery(ROOT + where, query);
}

type Listener = () => void;
const listeners = new Set<Listener>();
let signedOut = false;

/** Whether the server has said that this browser is no longer signed in. */
export function isSignedOut(): boolean {
  return signedOut;
}

export function onSignedOut(listener: Listener): Listener {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Record that the session has ended, after a 401 or the close code of the live connection. */
export function markSignedOut(): void {
  signedOut = true;
  listeners.forEach((listener) => listener());
}

async function readError(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text);
    return new ApiError(response.status, error.code, error.message, error.field ?? null, error.reason ?? null, error.values);
  } catch {
    const code = response.status === 502 || response.status === 504 ? 'unavailable' : 'internal';
    return new ApiError(response.status, code, text.slice(0, 300) || response.statusText);
  }
}

async function answer(method: string, where: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(where, { method, credentials: 'same-origin', ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'offline', 'The server did not answer.');
  }
  if (response.status === 401) markSignedOut();
  if (!response.ok) throw await readError(response);
  return response;
}

async function request<T>(method: string, where: string, init: RequestInit = {}): Promise<T> {
  const text = await (await answer(method, where, init)).text();
  return JSON.parse(text || 'null');
}

const JSON_BODY = { 'Content-Type': 'application/json' };

function withBody<T>(method: string, where: string, body: unknown): Promise<T> {
  return request<T>(method, ROOT + where, { headers: JSON_BODY, body: JSON.stringify(body ?? {}) });
}

export function get<T>(where: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', address(where, query), { signal: signal ?? null });
}

/** Raw content that is downloaded once it is complete, so that a refusal can be shown. */
export async function getContent(where: string): Promise<Blob> {
  return (await answer('GET', address(where), {})).blob();
}

/** As `getContent`, for what a request with a body makes. */
export async function postForContent(where: string, body: unknown): Promise<Blob> {
  return (await answer('POST', ROOT + where, { headers: JSON_BODY, body: JSON.stringify(body) })).blob();
}

export function post<T = void>(where: string, body?: unknown): Promise<T> {
  return withBody<T>('POST', where, body);
}

export function put<T = void>(where: string, body?: unknown): Promise<T> {
  return withBody<T>('PUT', where, body);
}

export function patch<T = void>(where: string, body: unknown): Promise<T> {
  return withBody<T>('PATCH', where, body);
}

/** Send content as it is; `onProgress` gets the part that has left, from 0 to 1. Throws an AbortError once `signal` says so. */
export function putContent(where: string, content: Blob, onProgress: (part: number) => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const sent = new XMLHttpRequest(); // the one that tells how much of a request has left
    const abort = () => sent.abort();
    sent.open('PUT', ROOT + where);
    sent.setRequestHeader('Content-Type', 'application/octet-stream');
    sent.upload.onprogress = ({ loaded }) => onProgress(content.size ? Math.min(1, loaded / content.size) : 1);
    sent.onload = () => {
      if (sent.status === 401) markSignedOut();
      if (sent.status >= 200 && sent.status < 300) resolve();
      else readError(new Response(sent.responseText, { status: sent.status, statusText: sent.statusText })).then(reject, reject);
    };
    sent.onerror = () => reject(new ApiError(0, 'offline', 'The server did not answer.'));
    sent.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    sent.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    sent.send(content);
  });
}

export function del<T = void>(where: string, query?: Query): Promise<T> {
  return request<T>('DELETE', address(where, query));
}
