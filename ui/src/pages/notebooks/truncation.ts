/** What is known of an output that is shown in part. Pure: from a file that anyone may have written. */

export interface Truncation {
  id: string;
  lines: number;
  characters: number;
  droppedOutputs: number;
  complete: boolean;
  /** The MIME type of one display that is too large, and its beginning; both empty for text of streams. */
  kind: string;
  head: string;
  tail: string;
}

export function readTruncation(data: unknown): Truncation | null {
  if (typeof data !== 'object' || data === null) return null;
  const values: Record<string, unknown> = { ...data };
  const count = (key: string) => (typeof values[key] === 'number' ? values[key] : 0);
  if (typeof values.id !== 'string' || !/^\w+$/.test(values.id) || typeof values.tail !== 'string') return null;
  return {
    id: values.id,
    lines: count('lines'),
    characters: count('characters'),
    droppedOutputs: count('dropped_outputs'),
    complete: values.complete === true,
    kind: typeof values.kind === 'string' ? values.kind : '',
    head: withoutEscapes(typeof values.head === 'string' ? values.head : ''),
    tail: withoutEscapes(values.tail),
  };
}

/** What a display of this type is called: `text` for plain text, which has no name of its own. */
export function nameOfKind(kind: string): 'text' | 'html' | 'picture' | 'data' | 'document' {
  if (kind === '' || kind === 'text/plain') return 'text';
  if (kind === 'text/html') return 'html';
  if (kind.startsWith('image/') && kind !== 'image/svg+xml') return 'picture';
  return kind.endsWith('json') ? 'data' : 'document';
}

/** Text without the sequences by which programs colour a terminal. */
function withoutEscapes(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters in question
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
}
