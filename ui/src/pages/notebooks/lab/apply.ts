/** Brings a notebook on screen to another version by changing only what differs, so that cursor and running cells stay. */
import type { INotebookModel } from '@jupyterlab/notebook';
import type { ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import { sameJson, type AnyCell, type AnyNotebook } from '../merge';

type SharedCell = ISharedNotebook['cells'][number];

function isCode(cell: SharedCell): cell is ISharedCodeCell {
  return cell.cell_type === 'code';
}

/** Change one cell in place. False where it has to be replaced. */
function change(cell: SharedCell, wanted: AnyCell): boolean {
  const now: AnyCell = JSON.parse(JSON.stringify(cell.toJSON()));
  if (now.cell_type !== wanted.cell_type || !sameJson(now.attachments, wanted.attachments)) return false;
  const copy = JSON.parse(JSON.stringify(wanted));
  const source = Array.isArray(copy.source) ? copy.source.join('') : copy.source;
  if (cell.getSource() !== source) cell.setSource(source);
  if (!sameJson(now.metadata, wanted.metadata)) cell.setMetadata(copy.metadata ?? {});
  if (isCode(cell) && !sameJson(now.outputs, wanted.outputs)) cell.setOutputs(copy.outputs ?? []);
  if (isCode(cell) && now.execution_count !== wanted.execution_count) cell.execution_count = copy.execution_count ?? null;
  return true;
}

export function applyNotebook({ sharedModel }: INotebookModel, wanted: AnyNotebook): void {
  sharedModel.transact(() => {
    wanted.cells.forEach((cell, index) => {
      const at = sharedModel.cells.findIndex((one, i) => i >= index && one.id === cell.id);
      if (at > index) sharedModel.moveCell(at, index);
      const now = at < 0 ? undefined : sharedModel.cells[index];
      if (now && change(now, cell)) return;
      if (now) sharedModel.deleteCell(index);
      sharedModel.insertCell(index, JSON.parse(JSON.stringify(cell)));
    });
    while (sharedModel.cells.length > wanted.cells.length) sharedModel.deleteCell(sharedModel.cells.length - 1);
  });
}
