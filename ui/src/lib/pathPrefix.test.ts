import { afterEach, expect, test, vi } from 'vitest';

/** The module as a page with this prefix loads it. */
async function loaded(prefix: string, path: string) {
  document.head.innerHTML = prefix && `<meta name="handloom-path-prefix" content="${prefix}">`;
  history.replaceState(null, '', path);
  vi.resetModules();
  return import('./pathPrefix');
}

afterEach(() => {
  document.head.innerHTML = '';
  history.replaceState(null, '', '/');
});

test('at the root of a host, addresses are the paths themselves', async () => {
  const { fullAddress, pagePath, served, socketAddress, addPathPrefix } = await loaded('', '/workspaces/w?a=1');
  addPathPrefix();
  expect([served('/api'), fullAddress('/x'), socketAddress('/x'), pagePath(), location.search]).toEqual([
    '/api',
    `${location.origin}/x`,
    `${location.origin.replace('http', 'ws')}/x`,
    '/workspaces/w',
    '?a=1',
  ]);
});

test('below a path, addresses begin with it and paths of pages do not', async () => {
  const { fullAddress, pagePath, served } = await loaded('/lab', '/lab/workspaces/w');
  expect([served('/api'), fullAddress('/x'), pagePath()]).toEqual(['/lab/api', `${location.origin}/lab/x`, '/workspaces/w']);
  history.replaceState(null, '', '/lab');
  expect(pagePath()).toBe('/');
});

test('a page that was opened without the path gets it, and only once', async () => {
  const { addPathPrefix } = await loaded('/lab', '/laboratory/x?a=1#b');
  addPathPrefix();
  addPathPrefix();
  expect(location.pathname + location.search + location.hash).toBe('/lab/laboratory/x?a=1#b');
});
