/** Marks the line of a cell at which its last run failed. */
import { StateEffect, StateField, type Extension } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, type DecorationSet } from '@codemirror/view';
import { isCodeCellModel, type ICodeCellModel } from '@jupyterlab/cells';
import { ERROR } from './outputs/errors';
import { failingLine } from './outputs/traceback';

const setLine = StateEffect.define<number | null>();
const LINE = Decoration.line({ class: 'handloom-failed-line' });

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { changes, effects, state }) {
    let now = before.map(changes);
    for (const effect of effects) {
      if (!effect.is(setLine)) continue;
      const { value } = effect;
      const exists = value !== null && value <= state.doc.lines;
      now = exists ? Decoration.set([LINE.range(state.doc.line(value).from)]) : Decoration.none;
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function lineOf(model: ICodeCellModel): number | null {
  for (let i = 0; i < model.outputs.length; i += 1) {
    const { traceback } = Object(model.outputs.get(i).data[ERROR]);
    if (Array.isArray(traceback)) return failingLine(traceback.map(String), model.executionCount);
  }
  return null;
}

/** The extension for the editor of this cell; null where it is no code cell. */
export function failingLineMark(model: object): Extension | null {
  if (!isCode(model)) return null;
  const plugin = ViewPlugin.define((view) => {
    let alive = true;
    const mark = () =>
      queueMicrotask(() => {
        if (alive && !model.isDisposed) view.dispatch({ effects: setLine.of(lineOf(model)) });
      });
    model.outputs.changed.connect(mark);
    model.stateChanged.connect(mark); // the count comes after the outputs
    mark();
    return {
      destroy() {
        alive = false;
        if (model.isDisposed) return; // its outputs, and what was connected to them, are gone
        model.outputs.changed.disconnect(mark);
        model.stateChanged.disconnect(mark);
      },
    };
  });
  return [marks, plugin];
}

function isCode(model: object): model is ICodeCellModel {
  return 'type' in model && isCodeCellModel(Object(model));
}
