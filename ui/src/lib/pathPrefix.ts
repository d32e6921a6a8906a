/** The path of the public URL below which the browser reaches the server, and every address that begins with it.
 *
 * The only module that knows it: elsewhere, paths are those of the server's root, as in the route table.
 */

/** Such as "/lab"; "" where the server is at the root of its host. */
export const pathPrefix = document.querySelector<HTMLMetaElement>('meta[name="handloom-path-prefix"]')?.content ?? '';

/** The address of a path of the server, for requests, `href` and `src`. */
export function served(path: string): string {
  return pathPrefix + path;
}

/** The same address with scheme and host, for links that leave the page: copied, or used by other programs. */
export function fullAddress(path: string): string {
  return location.origin + served(path);
}

/** The same address for a WebSocket. */
export function socketAddress(path: string): string {
  return fullAddress(path).replace(/^http/, 'ws');
}

/** The path of the open page, as the route table has it. */
export function pagePath(): string {
  const path = location.pathname;
  return path === pathPrefix || path.startsWith(`${pathPrefix}/`) ? path.slice(pathPrefix.length) || '/' : path;
}

/** Give the page its prefix where it was opened without it, at the server's own address behind the proxy. */
export function addPathPrefix(): void {
  const path = pagePath();
  const address = served(path) + location.search + location.hash;
  if (path === location.pathname && pathPrefix !== '') history.replaceState(history.state, '', address);
}

/** Load another document of this server. */
export function openPage(path: string): void {
  location.assign(served(path));
}

/** Load another document in place of this one: the browser's Back button does not return to this. */
export function replacePage(path: string): void {
  location.replace(served(path));
}

export function openInNewTab(path: string): void {
  window.open(served(path), '_blank', 'noopener');
}
