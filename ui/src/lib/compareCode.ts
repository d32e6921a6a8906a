/** The Python that makes the same comparison in a notebook. Pure. */

export interface CodeRun {
  run_id: string;
  name: string;
}

/** A frame with one row for each run, in their order: where it is from, its metrics and its params. */
export function compareCode(runs: CodeRun[], title: string): string {
  const line = (text: string) => text.replaceAll(/\s+/g, ' ');
  return [
    ...(title ? [`# ${line(title)}`] : []),
    'import handloom',
    '',
    '# Reads runs of other workspaces too, with an API token of yours:',
    '# handloom.use_token(notebookutils.credentials.getSecret("MY_TOKEN"))',
    'run_ids = [',
    ...runs.map((run) => `    ${JSON.stringify(run.run_id)},  # ${line(run.name)}`),
    ']',
    '',
    '',
    'def by_run(frame):',
    '    return frame[frame.run_id.isin(run_ids)].pivot(index="run_id", columns="key", values="value")',
    '',
    '',
    'runs = handloom.runs().set_index("run_id")[["workspace", "experiment", "name"]]',
    'compared = (',
    '    runs[runs.index.isin(run_ids)]',
    '    .join(by_run(handloom.metrics()))',
    '    .join(by_run(handloom.params()), rsuffix=" (param)")',
    '    .reindex(run_ids)',
    ')',
    'compared',
  ].join('\n');
}
