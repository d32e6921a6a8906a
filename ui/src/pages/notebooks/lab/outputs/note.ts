/** Notes in the place of an output: what went wrong and what to do, instead of a blank. */
export interface Action {
  label: string;
  run: () => void;
}

/** Appends the note unless the same one is there already. */
export function explain(node: HTMLElement, text: string, action?: Action): void {
  if ([...node.children].some((one) => one instanceof HTMLElement && one.dataset.text === text)) return;
  const note = document.createElement('div');
  note.className = 'handloom-output-note';
  note.setAttribute('role', 'note');
  note.dataset.text = text;
  const words = document.createElement('span');
  words.textContent = text;
  note.append(words);
  if (action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = action.label;
    button.addEventListener('click', action.run);
    note.append(button);
  }
  node.append(note);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
