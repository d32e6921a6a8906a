import { afterAll, beforeAll, expect, test } from 'vitest';
import { address, ApiError, get, isSignedOut, onSignedOut, path, post } from './client';

const real = globalThis.fetch;
const asked: { method?: string; url: string; body: unknown }[] = [];

const ANSWERS: Record<string, [number, string]> = {
  '/api/v1/taken': [409, '{"error":{"code":"already_exists","message":"Taken.","field":"name"}}'],
  '/api/v1/broken': [502, '<html>Bad gateway</html>'],
  '/api/v1/empty': [200, ''],
  '/api/v1/gone': [401, '{"error":{"code":"unauthenticated","message":"Sign in.","field":null}}'],
};

beforeAll(() => {
  // The network's end: the answers are real Responses, as a server would give them.
  globalThis.fetch = (where, init) => {
    const url = String(where);
    if (url === '/api/v1/unreachable') return Promise.reject(new TypeError('Failed to fetch'));
    asked.push({ method: init?.method, url, body: init?.body });
    const [status, text] = ANSWERS[url] ?? [200, '{"ok":true}'];
    return Promise.resolve(new Response(text, { status }));
  };
});

afterAll(() => {
  globalThis.fetch = real;
});

async function refusal(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`);
  return error;
}

test('parts of a path are percent-encoded', () => {
  expect(path`/workspaces/${'w 1'}/models/${'a/b?c'}`).toBe('/workspaces/w%201/models/a%2Fb%3Fc');
});

test('a query leaves out what is not set and repeats lists', () => {
  expect(address('/runs', { filter: 'a = "b"', order_by: ['x', 'y'], page_token: undefined, limit: null })).toBe(
    '/api/v1/runs?filter=a+%3D+%22b%22&order_by=x&order_by=y',
  );
});

test('a body goes as JSON', async () => {
  await expect(post('/things', { name: '모델' })).resolves.toEqual({ ok: true });
  expect(asked.at(-1)).toEqual({ method: 'POST', url: '/api/v1/things', body: '{"name":"모델"}' });
});

test('a refusal carries code, message and field', async () => {
  const error = await refusal(post('/taken', {}));
  expect([error.status, error.code, error.message, error.field]).toEqual([409, 'already_exists', 'Taken.', 'name']);
});

test('an answer that is not ours still says what happened', async () => {
  const error = await refusal(get('/broken'));
  expect([error.status, error.code]).toEqual([502, 'unavailable']);
});

test('silence is told from a refusal', async () => {
  const error = await refusal(get('/unreachable'));
  expect([error.status, error.code]).toEqual([0, 'offline']);
});

test('an empty answer is no error', async () => {
  await expect(get('/empty')).resolves.toBeNull();
});

test('a 401 is told to the shell once it comes', async () => {
  let told = 0;
  const stop = onSignedOut(() => (told += 1));
  expect(isSignedOut()).toBe(false);
  await refusal(get('/gone'));
  expect(isSignedOut()).toBe(true);
  expect(told).toBe(1);
  stop();
});
