/** One line of a Markdown text, for places that have room for no more. */

/** The first line without its marks. */
export function markdownLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '')
    .replace(/^(#{1,6}\s+|[-*+]\s+|>\s*)/, '')
    .replace(/!?\[([^\]]*)\]\([^)\s]*\)/g, '$1')
    .replace(/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\w*])([*_])(?=[^\s*_])([^*_]+?)(?<=\S)\1(?![\w*])/g, '$2')
    .replace(/`([^`]+)`/g, '$1')
    .trim();
}

/** Whether the text is more than its line: marks, or further lines. */
export function isMoreThanLine(text: string): boolean {
  return markdownLine(text) !== text.trim();
}
