/** What the kernel knows of a displayed frame beyond the rows in the output. */
import { KernelRefusal, type KernelRequests } from './kernelRequests';

export const FRAME_TARGET = 'handloom.frame';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'missing' | 'present';

export interface Filter {
  column: number;
  operator: Operator;
  value: string;
}

export interface FrameQuery {
  search: string;
  filters: readonly Filter[];
  sort: { column: number; down: boolean } | null;
}

export interface FramePage {
  /** The first row that was asked for. */
  start: number;
  rows: unknown[][];
  numbers: number[] | null;
  index: unknown[] | null;
  matching: number;
}

export async function askPage(requests: KernelRequests, query: FrameQuery, start: number, count: number): Promise<FramePage> {
  const { content } = await requests.ask({ ask: 'page', ...query, start, count });
  const { rows, numbers, index, matching } = content;
  return {
    start,
    rows: Array.isArray(rows) ? rows : [],
    numbers: Array.isArray(numbers) ? numbers : null,
    index: Array.isArray(index) ? index : null,
    matching: Number(matching),
  };
}

export async function askStatistics(requests: KernelRequests, query: FrameQuery, column: number): Promise<Record<string, unknown>> {
  const { content } = await requests.ask({ ask: 'statistics', ...query, column });
  return Object(content.statistics);
}

/** The numbers of a chart over all rows that match. */
export async function askChart(requests: KernelRequests | null, query: FrameQuery, chart: object): Promise<unknown> {
  if (!requests) throw new KernelRefusal('');
  const { content } = await requests.ask({ ask: 'chart', ...query, chart });
  return content.chart;
}

/** All rows that match, as a file; `told` hears which part has arrived. */
export async function askFile(
  requests: KernelRequests,
  query: FrameQuery,
  kind: 'csv' | 'parquet',
  told: (part: number) => void,
): Promise<Blob> {
  const size = Number((await requests.ask({ ask: 'download', ...query, kind })).content.size);
  const pieces: ArrayBuffer[] = [];
  for (let start = 0; start < size; ) {
    const { piece } = await requests.ask({ ask: 'piece', start });
    if (!piece?.byteLength) throw new KernelRefusal('');
    pieces.push(piece);
    start += piece.byteLength;
    told(start / size);
  }
  return new Blob(pieces, { type: kind === 'csv' ? 'text/csv' : 'application/vnd.apache.parquet' });
}
