/**
 * Libraries that outputs share. In other notebooks all outputs are one page, so some libraries put their script into the
 * output of a first cell and rely on it in later ones. A frame of its own gets the scripts of the cells above.
 */
import type { INotebookModel } from '@jupyterlab/notebook';
import { isCodeCellModel } from '@jupyterlab/cells';
import { librariesOf } from './hosts';

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '';
}

/** The library scripts in the notebook's outputs, in its order, without those of `html` itself. */
export function sharedLibraries(model: INotebookModel | null, html: string): string[] {
  const own = new Set(librariesOf(html));
  const found = new Set<string>();
  for (const cell of model?.cells ?? []) {
    if (!isCodeCellModel(cell)) continue;
    for (let i = 0; i < cell.outputs.length; i += 1) {
      const data = cell.outputs.get(i).data;
      for (const library of librariesOf(textOf(data['text/html']))) if (!own.has(library)) found.add(library);
    }
  }
  return [...found];
}
