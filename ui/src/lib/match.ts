/** Keyword filters: every word must be somewhere in the text, whatever its case or Unicode form. */

function plain(text: string): string {
  return text.normalize('NFC').toLocaleLowerCase();
}

export function matches(text: string, filter: string): boolean {
  const whole = plain(text);
  return plain(filter).split(/\s+/).every((word) => whole.includes(word));
}
