/** Arrays of numbers inside a widget's state: their numbers are binary, which JSON leaves out. Pure. */

/** The names of numbers' types in figures, by those that figures have as widgets. */
const TYPES: Record<string, string> = {
  int8: 'i1', int16: 'i2', int32: 'i4', uint8: 'u1', uint16: 'u2', uint32: 'u4', float32: 'f4', float64: 'f8',
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Changes what `change` does not leave undefined, and copies the lists and objects around it. */
function copied(value: unknown, change: (value: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((one) => copied(one, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one, change)]));
}

export function hasBinary(value: unknown): boolean {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  if (Array.isArray(value)) return value.some(hasBinary);
  return isRecord(value) && Object.values(value).some(hasBinary);
}

/** A copy whose lists and objects are new ones, with the binary parts in their place. */
export function copyWithBinary(value: unknown): unknown {
  return copied(value, () => undefined);
}

/** A figure's arrays as they are outside of widgets, with their numbers in base64. */
export function asFigure(value: unknown): unknown {
  return copied(value, (one) => {
    if (!isRecord(one) || !ArrayBuffer.isView(one.buffer)) return undefined;
    const { buffer, byteOffset, byteLength } = one.buffer;
    const letters = Array.from(new Uint8Array(buffer, byteOffset, byteLength), (byte) => String.fromCharCode(byte));
    const shape = Array.isArray(one.shape) ? one.shape.join(',') : '';
    return { dtype: TYPES[String(one.dtype)] ?? one.dtype, bdata: btoa(letters.join('')), shape };
  });
}
