import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, expect, test, vi } from 'vitest';
import { cellText, openParquet } from './parquet';

const file = parquetWriteBuffer({
  columnData: [
    { name: 'id', data: Array.from({ length: 1_000 }, (_, at) => at), type: 'INT32' },
    { name: 'name', data: Array.from({ length: 1_000 }, (_, at) => (at === 501 ? null : `row ${at}`)), type: 'STRING' },
  ],
  rowGroupSize: 100,
});

/** A server of this file, with or without ranges; returns how many bytes it has sent. */
function serve(ranges: boolean): { sent: number } {
  const count = { sent: 0 };
  vi.stubGlobal('fetch', (_: string, options: { headers: { Range: string } }) => {
    const [, start = 0, end = 0] = /bytes=(\d+)-(\d+)/.exec(options.headers.Range)?.map(Number) ?? [];
    const body = ranges ? file.slice(start, end + 1) : file;
    count.sent += body.byteLength;
    return Promise.resolve(new Response(body, { status: ranges ? 206 : 200 }));
  });
  return count;
}
afterEach(() => vi.unstubAllGlobals());

test('rows far inside a file are read by the part that holds them', async () => {
  const count = serve(true);
  const opened = await openParquet('/x', file.byteLength);
  expect([opened.columns, opened.rows]).toEqual([['id', 'name'], 1_000]);
  const before = count.sent;
  expect(await opened.read(500, 503)).toEqual([['500', 'row 500'], ['501', ''], ['502', 'row 502']]);
  expect(count.sent - before).toBeLessThan(file.byteLength / 4);
});

test('a server without ranges sends the file once', async () => {
  const count = serve(false);
  const opened = await openParquet('/x', file.byteLength);
  expect(await opened.read(998, 1_000)).toEqual([['998', 'row 998'], ['999', 'row 999']]);
  expect(count.sent).toBe(file.byteLength);
});

test('values are shown as what they are', () => {
  expect([null, 1n, 0.1, true, new Date(0), new Uint8Array([1, 255]), { a: 2n }].map(cellText)).toEqual(['', '1', '0.1', 'true', '1970-01-01T00:00:00.000Z', '01ff', '{"a":"2"}']);
});
