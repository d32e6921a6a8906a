/** The session's variables as the kernel describes them: checked, filtered, sorted. Pure. */

export interface Variable {
  name: string;
  type: string;
  shape: number[] | null;
  bytes: number | null;
  value: string;
}

export type SortKey = 'name' | 'type' | 'shape' | 'bytes' | 'value';

export interface Order {
  key: SortKey;
  down: boolean;
}

function readVariable(value: unknown): Variable {
  const { name, type, shape, bytes, value: text } = Object(value);
  return {
    name: String(name),
    type: String(type),
    shape: Array.isArray(shape) ? shape.map(Number) : null,
    bytes: typeof bytes === 'number' ? bytes : null,
    value: String(text ?? ''),
  };
}

export function readVariables(value: unknown): Variable[] {
  return Array.isArray(value) ? value.map(readVariable) : [];
}

export function shapeText({ shape }: Variable): string {
  return shape?.length ? shape.join(' × ') : '';
}

function compare(a: Variable, b: Variable, key: SortKey): number {
  if (key === 'bytes') return (a.bytes ?? -1) - (b.bytes ?? -1);
  if (key === 'shape') return (a.shape?.[0] ?? -1) - (b.shape?.[0] ?? -1);
  return a[key].localeCompare(b[key], undefined, { numeric: true });
}

/** Those with the text in their name, type or value, in order. */
export function arrangeVariables(all: readonly Variable[], filter: string, { key, down }: Order): Variable[] {
  const wanted = filter.trim().toLowerCase();
  const shown = all.filter((one) => `${one.name}\n${one.type}\n${one.value}`.toLowerCase().includes(wanted));
  return shown.sort((a, b) => (down ? -1 : 1) * compare(a, b, key) || a.name.localeCompare(b.name));
}
