/** The parts of a traceback: a person's own lines, and runs of frames inside libraries, which are folded. Pure. */

export interface Part {
  library: boolean;
  text: string;
  /** Frames in it. */
  frames: number;
}

// eslint-disable-next-line no-control-regex -- colours of a terminal begin with the escape character
const COLOURS = /\u001b\[[0-9;]*m/g;
const FRAME = /^\s*(?:File |Cell In\s?\[|~|\/)/;
const LIBRARY = /(?:site-packages|dist-packages|lib[/\\]python3[^/\\]*|<frozen |\.(?:pyx|pxi|pxd):)/;

function headOf(entry: string): string {
  return entry.replace(COLOURS, '').trimStart().split('\n', 1)[0] ?? '';
}

/** `entries` as Python's shell sends them: a head, one entry a frame, the error. */
export function partsOf(entries: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (const entry of entries) {
    const head = headOf(entry);
    const frame = FRAME.test(head);
    const library = frame && LIBRARY.test(head);
    const last = parts.at(-1);
    if (last && last.library === library) {
      last.text += `\n${entry}`;
      last.frames += frame ? 1 : 0;
    } else parts.push({ library, text: entry, frames: frame ? 1 : 0 });
  }
  const own = parts.some((part) => !part.library && part.frames > 0);
  return own ? parts : [{ library: false, text: entries.join('\n'), frames: 0 }];
}

/** The line of the cell with this count at which the error arose. */
export function failingLine(entries: readonly string[], count: number | null): number | null {
  const lines = entries.flatMap((entry) => {
    const found = /^Cell In\s?\[(\d+)\], line (\d+)/.exec(headOf(entry));
    return found && Number(found[1]) === count ? [Number(found[2])] : [];
  });
  return lines.at(-1) ?? null;
}
