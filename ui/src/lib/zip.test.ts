import { expect, test, vi } from 'vitest';
import { listZip, safePath, ZipError, type ZipProblem } from './zip';

// jsdom's own has no streams, Node's has
const buffers = 'node:buffer';
const { Blob: NodeBlob }: { Blob: typeof Blob } = await import(/* @vite-ignore */ buffers);
vi.stubGlobal('Blob', NodeBlob);

interface Made {
  name: string | Uint8Array;
  text?: string;
  /** The size that the archive says. */
  says?: number;
  flags?: number;
  method?: number;
  mode?: number;
}

async function deflated(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function numbers(...fields: [size: 2 | 4, value: number][]): number[] {
  return fields.flatMap(([size, value]) => Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 255));
}

async function zip(...made: Made[]): Promise<Blob> {
  const local: number[] = [];
  const central: number[] = [];
  for (const { name, text = '', says, flags = 0, method = 8, mode = 0o100644 } of made) {
    const bytes = typeof name === 'string' ? new TextEncoder().encode(name) : name;
    const packed = method === 8 ? await deflated(text) : new TextEncoder().encode(text);
    const size = says ?? new TextEncoder().encode(text).length;
    const shared = numbers([2, flags], [2, method], [4, 0], [4, 0], [4, packed.length], [4, size], [2, bytes.length], [2, 0]);
    central.push(...numbers([4, 0x02014b50], [2, 0x0314], [2, 20]), ...shared);
    central.push(...numbers([2, 0], [2, 0], [2, 0], [4, mode * 65536], [4, local.length]), ...bytes);
    local.push(...numbers([4, 0x04034b50], [2, 20]), ...shared, ...bytes, ...packed);
  }
  const count = made.length;
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, local.length], [2, 0]);
  return new Blob([Uint8Array.from([...local, ...central, ...end])]);
}

async function problem(file: Blob): Promise<ZipProblem | null> {
  try {
    for (const entry of (await listZip(file)).entries) await entry.read();
    return null;
  } catch (error) {
    if (error instanceof ZipError) return error.problem;
    throw error;
  }
}

test('files are listed and unpacked, folders are not', async () => {
  const file = await zip({ name: '폴더/' }, { name: '폴더/a.txt', text: '한글 '.repeat(5000) }, { name: 'b', text: 'x', method: 0 });
  const { entries, refused } = await listZip(file);
  expect(entries.map(({ path, size }) => [path, size])).toEqual([['폴더/a.txt', 35_000], ['b', 1]]);
  expect(await (await entries[0]?.read())?.text()).toBe('한글 '.repeat(5000));
  expect(await (await entries[1]?.read())?.text()).toBe('x');
  expect(refused).toEqual([]);
});

test('names in the code page of Korean Windows are read', async () => {
  const { entries } = await listZip(await zip({ name: Uint8Array.from([0xc7, 0xd1, 0xb1, 0xdb]), text: '1' }));
  expect(entries.map(({ path }) => path)).toEqual(['한글']);
});

test('paths that lead out, links, secret and unknown entries are named and left out', async () => {
  const { entries, refused } = await listZip(
    await zip(
      { name: '../up' },
      { name: '/etc/passwd' },
      { name: 'a\\..\\..\\up' },
      { name: 'C:/x' },
      { name: 'link', mode: 0o120777 },
      { name: 'secret', flags: 1 },
      { name: 'odd', method: 99 },
      { name: 'Same', text: '1' },
      { name: 'same', text: '2' },
    ),
  );
  expect(entries.map(({ path }) => path)).toEqual(['Same']);
  expect(refused.map(({ why }) => why)).toEqual(['path', 'path', 'path', 'path', 'link', 'encrypted', 'method', 'twice']);
});

test('an entry that unpacks to more or less than it says is refused', async () => {
  expect(await problem(await zip({ name: 'bomb', text: '0'.repeat(5_000_000), says: 10 }))).toBe('damaged');
  expect(await problem(await zip({ name: 'short', text: 'abc', says: 10 }))).toBe('damaged');
  expect(await problem(await zip({ name: 'stored', text: 'abc', says: 10, method: 0 }))).toBe('damaged');
});

test('what is too large, broken or no archive is refused', async () => {
  expect(await problem(await zip({ name: 'a', says: 600_000_000 }))).toBe('large');
  expect(await problem(await zip({ name: 'a', says: 0xffffffff }))).toBe('zip64');
  expect(await problem(new Blob(['PK nothing']))).toBe('notZip');
  expect(await problem(new Blob([]))).toBe('notZip');
  const whole = await zip({ name: 'a', text: 'abc' });
  expect(await problem(whole.slice(20))).toBe('damaged');
});

test('a path stays below its folder', () => {
  expect(safePath('a/b.txt')).toEqual(['a', 'b.txt']);
  for (const path of ['', 'a//b', './a', 'a/..', 'a\0b', 'x'.repeat(300)]) expect(safePath(path)).toBeNull();
});
