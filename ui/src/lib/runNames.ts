/** New names of several runs from one pattern: `{name}` is the old name, `{n}` counts from 1. Pure. */

export interface NamedRun {
  run_id: string;
  name: string;
}

export function namesFrom(pattern: string, runs: NamedRun[]): { run: string; name: string }[] {
  const digits = String(runs.length).length;
  return runs.map(({ run_id, name }, at) => ({
    run: run_id,
    name: pattern.replaceAll(/\{name\}|\{n\}/g, (found) => (found === '{n}' ? String(at + 1).padStart(digits, '0') : name)).trim(),
  }));
}
