/** The drawing library, loaded once. A page that may be printed at any time loads it before its charts are on screen. */

type Engine = typeof import('./engine');

let engine: Engine | null = null;

export async function loadEngine(): Promise<Engine> {
  engine ??= await import('./engine');
  return engine;
}

/** The library if it is there already: the browser waits for nothing once it prints. */
export function loadedEngine(): Engine | null {
  return engine;
}
