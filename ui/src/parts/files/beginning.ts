/** The text of a file, or its beginning. */

/** Read the first bytes of a file, without an incomplete character or line at the end. */
export async function readBeginning(url: string, bytes: number, whole: boolean): Promise<string> {
  const headers: HeadersInit = whole ? {} : { Range: `bytes=0-${bytes - 1}` };
  const response = await fetch(url, { credentials: 'same-origin', headers });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const text = await response.text();
  return whole ? text : text.slice(0, Math.max(text.lastIndexOf('\n') + 1, 0) || text.length).replace(/\uFFFD$/, '');
}
