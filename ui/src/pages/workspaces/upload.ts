/** Notebooks from the person's disk: read, checked, named. */
import { freeName } from '../../lib/names';
import { readScript } from '../../lib/script';

export interface Upload {
  name: string;
  content: Record<string, unknown>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The notebook in a file's text, or null where it is none. */
export function readNotebook(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(value) && typeof value.nbformat === 'number' && (Array.isArray(value.cells) || Array.isArray(value.worksheets))
      ? value
      : null;
  } catch {
    return null;
  }
}

/** The notebook in a file: a .py file is a script with cells, any other a notebook as Jupyter saves it. */
export function readUpload(name: string, text: string): Record<string, unknown> | null {
  return /\.py$/i.test(name) && !text.includes('\0') ? readScript(text) : readNotebook(text);
}

/** A free notebook name from a file's name. */
export function nameOf(file: string, taken: readonly string[]): string {
  return freeName(file.normalize('NFC').replace(/\.(ipynb|py)$/i, '').trim() || 'Notebook', taken);
}
