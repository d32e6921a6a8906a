/** Code that is typed in the console: whether it can run as it is, and what was typed before. Pure. */

const OPENING = '([{';
const CLOSING = ')]}';
/** Strings and comments, whose brackets do not count. An unfinished string of three quotes reaches to the end. */
const QUOTED = /("""|''')[\s\S]*?(?:\1|$)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g;
const UNFINISHED = /("""|''')(?:(?!\1)[\s\S])*$/;

/** Whether Enter runs the code. An indented block, an open bracket or string and a trailing backslash go on. */
export function isComplete(text: string): boolean {
  if (!text.trim()) return false;
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  if (/^%%/.test(text)) return last.trim() === '' && lines.length > 1;
  let open = false;
  const bare = text.replace(QUOTED, (quoted) => {
    if (UNFINISHED.test(quoted) && !/^("""|''')[\s\S]*\1$/.test(quoted)) open = true;
    return quoted.startsWith('#') ? '' : '0';
  });
  let depth = 0;
  for (const character of bare) {
    if (OPENING.includes(character)) depth += 1;
    else if (CLOSING.includes(character)) depth -= 1;
  }
  if (open || depth > 0 || /\\$/.test(bare)) return false;
  if (/:\s*$/.test(bare) || /^\s*@/.test(bare.split('\n').at(-1) ?? '')) return false;
  return lines.length === 1 || last.trim() === '' || !/^\s/.test(last);
}

/** What was typed, oldest first, with a place in it. */
export class TypedHistory {
  private readonly typed: string[] = [];
  private at = 0;
  private draft = '';

  add(code: string): void {
    if (code !== this.typed.at(-1)) this.typed.push(code);
    this.at = this.typed.length;
    this.draft = '';
  }

  /** What was typed before what is shown; `text` is kept as a draft. null at the oldest. */
  older(text: string): string | null {
    if (this.at === this.typed.length) this.draft = text;
    if (this.at === 0) return null;
    this.at -= 1;
    return this.typed[this.at] ?? null;
  }

  newer(): string | null {
    if (this.at >= this.typed.length) return null;
    this.at += 1;
    return this.at === this.typed.length ? this.draft : (this.typed[this.at] ?? null);
  }
}
