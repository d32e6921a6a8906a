/** Reads zip archives in the browser, which anybody may have made: names, kinds, sizes and limits are checked. Pure. */

export interface ZipEntry {
  /** With `/` between its parts. */
  path: string;
  size: number;
  read: () => Promise<Blob>;
}

/** Why an entry is left out. */
export type ZipRefusal = 'path' | 'link' | 'encrypted' | 'method' | 'twice';

export interface ZipListing {
  entries: ZipEntry[];
  refused: { path: string; why: ZipRefusal }[];
}

/** Why an archive or entry cannot be read. */
export type ZipProblem = 'notZip' | 'zip64' | 'entries' | 'large' | 'damaged';

export class ZipError extends Error {
  constructor(readonly problem: ZipProblem) {
    super(problem);
  }
}

export const MAX_ENTRIES = 2_000;
/** Bytes that all entries of an archive may have. */
export const MAX_TOTAL = 2_000_000_000;
/** Bytes of one entry, which the browser holds in memory. */
export const MAX_ENTRY = 500_000_000;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const MAX_COMMENT = 65_535;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const ENCRYPTED = 1;
const UTF8 = 1 << 11;
const STORED = 0;
const DEFLATED = 8;
const UNIX = 3;
const LINK = 0o12;
const BEYOND = 0xffffffff;

async function view(file: Blob, from: number, to: number): Promise<DataView> {
  return new DataView(await file.slice(from, to).arrayBuffer());
}

/** Windows in Korea writes names in its own code page, without a word about it. */
function nameOf(bytes: Uint8Array, flags: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return flags & UTF8 ? '' : new TextDecoder('euc-kr').decode(bytes);
  }
}

/** The parts of a path that stays below its folder; null for any other. */
export function safePath(path: string): string[] | null {
  const parts = path.replaceAll('\\', '/').split('/').map((part) => part.normalize('NFC'));
  const bad = (part: string) => part === '' || part === '.' || part === '..' || part.length > 200 || /\p{Cc}|:/u.test(part);
  return parts.length > 20 || parts.some(bad) ? null : parts;
}

async function findEnd(file: Blob): Promise<DataView> {
  const from = Math.max(0, file.size - END_SIZE - MAX_COMMENT);
  const data = await view(file, from, file.size);
  for (let at = data.byteLength - END_SIZE; at >= 0; at -= 1) {
    if (data.getUint32(at, true) === END) return new DataView(data.buffer, at, END_SIZE);
  }
  throw new ZipError('notZip');
}

async function inflate(file: Blob, at: number, packed: number, size: number, method: number): Promise<Blob> {
  const head = await view(file, at, at + LOCAL_SIZE);
  if (head.byteLength < LOCAL_SIZE || head.getUint32(0, true) !== LOCAL) throw new ZipError('damaged');
  const from = at + LOCAL_SIZE + head.getUint16(26, true) + head.getUint16(28, true);
  const content = file.slice(from, from + packed);
  if (content.size !== packed) throw new ZipError('damaged');
  if (method === STORED) {
    if (packed !== size) throw new ZipError('damaged');
    return content;
  }
  const reader = content.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      if (length > size) break; // it unpacks to more than it says
      pieces.push(value);
    }
  } catch {
    throw new ZipError('damaged');
  }
  if (length !== size) {
    void reader.cancel();
    throw new ZipError('damaged');
  }
  return new Blob(pieces);
}

/** List the files of an archive. Rejects with a ZipError. */
export async function listZip(file: Blob): Promise<ZipListing> {
  const end = await findEnd(file);
  const count = end.getUint16(10, true);
  const start = end.getUint32(16, true);
  if (count === 0xffff || start === BEYOND) throw new ZipError('zip64');
  if (count > MAX_ENTRIES) throw new ZipError('entries');
  const central = await view(file, start, start + end.getUint32(12, true));
  const listing: ZipListing = { entries: [], refused: [] };
  const seen = new Set<string>();
  let at = 0;
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + CENTRAL_SIZE > central.byteLength || central.getUint32(at, true) !== CENTRAL) throw new ZipError('damaged');
    const [system, flags, method] = [central.getUint8(at + 5), central.getUint16(at + 8, true), central.getUint16(at + 10, true)];
    const [packed, size] = [central.getUint32(at + 20, true), central.getUint32(at + 24, true)];
    const [name, extra] = [central.getUint16(at + 28, true), central.getUint16(at + 30, true)];
    const comment = central.getUint16(at + 32, true);
    const mode = central.getUint32(at + 38, true) >>> 16;
    const where = central.getUint32(at + 42, true);
    if (at + CENTRAL_SIZE + name > central.byteLength) throw new ZipError('damaged');
    const path = nameOf(new Uint8Array(central.buffer, central.byteOffset + at + CENTRAL_SIZE, name), flags);
    at += CENTRAL_SIZE + name + extra + comment;
    if (/[/\\]$/.test(path)) continue; // a folder
    if (packed === BEYOND || size === BEYOND || where === BEYOND) throw new ZipError('zip64');
    const parts = safePath(path);
    const shown = parts?.join('/') ?? path;
    let why: ZipRefusal | null = null;
    if (!parts) why = 'path';
    else if (system === UNIX && mode >>> 12 === LINK) why = 'link';
    else if (flags & ENCRYPTED) why = 'encrypted';
    else if (method !== STORED && method !== DEFLATED) why = 'method';
    else if (seen.has(shown.toLowerCase())) why = 'twice';
    if (why) {
      listing.refused.push({ path: shown, why });
      continue;
    }
    total += size;
    if (size > MAX_ENTRY || total > MAX_TOTAL) throw new ZipError('large');
    seen.add(shown.toLowerCase());
    listing.entries.push({ path: shown, size, read: () => inflate(file, where, packed, size, method) });
  }
  return listing;
}
