/** The text of an environment's packages, one requirement in a line. */
export const EXAMPLE = 'umap-learn==0.5.*\nshap\nFiles/our_tools-1.2-py3-none-any.whl';

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
