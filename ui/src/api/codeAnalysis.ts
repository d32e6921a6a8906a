/** Questions about a notebook's code that need no session. */
import { path, post } from './client';
import type { CodePosition, Completion, Completions, Explanation, Problem, Problems } from './schema';

type At = Omit<CodePosition, 'workspace' | 'notebook'>;

export async function completeCode(workspace: string, notebook: string, at: At): Promise<Completion[]> {
  return (await post<Completions>(path`/workspaces/${workspace}/notebooks/${notebook}/completions`, at)).items;
}

export function explainCode(workspace: string, notebook: string, at: At): Promise<Explanation> {
  return post<Explanation>(path`/workspaces/${workspace}/notebooks/${notebook}/explanation`, at);
}

/** What would fail when the cells run. */
export async function checkCode(workspace: string, notebook: string, cells: string[]): Promise<Problem[]> {
  return (await post<Problems>(path`/workspaces/${workspace}/notebooks/${notebook}/problems`, { cells })).problems;
}
