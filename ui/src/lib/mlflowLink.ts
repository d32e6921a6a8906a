/** The links that MLflow's clients print after a run: `<tracking URI>/#/experiments/1/runs/<id>`. */
const LINK = /^#\/experiments\/(\d+)(?:\/runs\/(\w+))?/;

/** The path that such a link leads to; null if the URL is not one. */
export function mlflowTarget(pathname: string, hash: string): string | null {
  const found = LINK.exec(hash);
  if (found === null) return null;
  // eslint-disable-next-line no-restricted-syntax -- replacePage makes an address of it
  if (pathname === '/') return `/mlflow/default/${hash}`;
  const workspace = /^\/workspaces\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (workspace === undefined) return null;
  const run = found[2] === undefined ? '' : `?view=details&run=${found[2]}`;
  return `/workspaces/${workspace}/experiments/${found[1]}${run}`;
}
