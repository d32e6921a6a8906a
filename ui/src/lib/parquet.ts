/** Read a Parquet file of any size from its URL, some rows at a time: its footer first, then the parts that hold them. */
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { exactNumber } from './format';

export interface ParquetFile {
  columns: string[];
  /** Columns beyond those that are read. */
  leftOut: number;
  rows: number;
  /** Rows from `start` to `end`, without the last one, as texts. */
  read: (start: number, end: number) => Promise<string[][]>;
}

/** Columns that a page of rows has. */
const MOST_COLUMNS = 200;
/** Bytes of the compressed rows that are read together: a whole row group, whatever its size, would stop the page. */
const MOST_BYTES = 256_000_000;

/** The file as ranges of its bytes; a server that has no ranges sends all of it once. */
function ranges(url: string, size: number): AsyncBuffer {
  let all: Promise<ArrayBuffer> | null = null;
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (all) return (await all).slice(start, end);
      const response = await fetch(url, { credentials: 'same-origin', headers: { Range: `bytes=${start}-${end - 1}` } });
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      if (response.status === 206) return response.arrayBuffer();
      all = response.arrayBuffer();
      return (await all).slice(start, end);
    },
  };
}

/** A value as a table shows it. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return exactNumber(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (value instanceof Uint8Array) return Array.from(value.subarray(0, 64), (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (typeof value === 'object') return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

/** Bytes of the row groups in which these rows are. */
function weight(metadata: FileMetaData, start: number, end: number): number {
  let first = 0;
  let bytes = 0;
  for (const group of metadata.row_groups) {
    const next = first + Number(group.num_rows);
    if (first < end && next > start) bytes += Number(group.total_compressed_size ?? group.total_byte_size);
    first = next;
  }
  return bytes;
}

export async function openParquet(url: string, size: number): Promise<ParquetFile> {
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] = await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  const file = ranges(url, size);
  const metadata = await parquetMetadataAsync(file);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const columns = names.slice(0, MOST_COLUMNS);
  return {
    columns,
    leftOut: names.length - columns.length,
    rows: Number(metadata.num_rows),
    read: async (start, end) => {
      if (weight(metadata, start, end) > MOST_BYTES) throw new RangeError();
      const rows = await parquetReadObjects({ file, metadata, columns, compressors, rowStart: start, rowEnd: end, useOffsetIndex: true });
      return rows.map((row) => columns.map((name) => cellText(row[name])));
    },
  };
}
