/** Mentions in comments: "@name" of a person who can be named. */

interface Person {
  name: string;
  display_name: string;
}

export interface Piece {
  text: string;
  mention: boolean;
}

const WORD = /[\p{L}\p{N}_]/u;

/** A text in pieces, with those that name somebody. Of two names, the longer one counts, as on the server. */
export function pieces(text: string, people: Person[]): Piece[] {
  const names = people.map(({ name }) => `@${name}`.toLowerCase()).sort((one, other) => other.length - one.length);
  const found: Piece[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at).toLowerCase();
    const free = at === 0 || !WORD.test(text[at - 1] ?? '');
    const name = free ? names.find((one) => rest.startsWith(one) && !WORD.test(rest[one.length] ?? ' ')) : undefined;
    if (name === undefined) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) found.push({ text: plain, mention: false });
    plain = '';
    found.push({ text: text.slice(at, at + name.length), mention: true });
    at += name.length;
  }
  return plain ? [...found, { text: plain, mention: false }] : found;
}

/** What is being typed after an "@" that ends at the cursor; null if nothing is. */
export function typedMention(text: string, cursor: number): string | null {
  const match = /(?:^|\s)@([^\s@]*)$/.exec(text.slice(0, cursor));
  return match ? (match[1] ?? '') : null;
}

/** The people whose name or display name begins with what was typed, at most six. */
export function suggested<T extends Person>(people: T[], typed: string): T[] {
  const wanted = typed.toLowerCase();
  return people
    .filter(({ name, display_name: shown }) => name.toLowerCase().startsWith(wanted) || shown.toLowerCase().startsWith(wanted))
    .slice(0, 6);
}
