/** The lines of Python that load a model version and predict with it, shaped by its signature. */

export interface SnippetColumn {
  name: string | null;
  /** MLflow's type name, or `tensor(float64, [-1, 10])`. */
  type: string;
  required: boolean;
}

interface Tensor {
  dtype: string;
  shape: number[];
}

export function parseTensor(type: string): Tensor | null {
  const [, dtype, shape] = /^tensor\(\s*'?([\w.]+)'?\s*,\s*[[(]([^\])]*)[\])]\s*\)$/i.exec(type) ?? [];
  if (!dtype || shape === undefined) return null;
  return { dtype, shape: shape.split(',').filter((size) => size.trim()).map(Number) };
}

/** A dimension of any size becomes one row. */
function zeros({ dtype, shape }: Tensor): string {
  const sizes = shape.map((size) => (size > 0 ? String(size) : '1'));
  const tuple = sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
  if (/^(str|object|string|<?U)/.test(dtype)) return `np.full(${tuple}, "", dtype=object)`;
  return `np.zeros(${tuple}, dtype="${dtype}")`;
}

const SAMPLES: Record<string, [value: string, dtype: string]> = {
  boolean: ['False', 'bool'],
  integer: ['0', 'int32'],
  long: ['0', 'int64'],
  float: ['0.0', 'float32'],
  double: ['0.0', 'float64'],
  string: ['""', 'object'],
  binary: ['b""', 'object'],
  datetime: ['"2026-01-01"', 'datetime64[ns]'],
};

function sample(type: string): [value: string, dtype: string] {
  const known = SAMPLES[type.toLowerCase()];
  if (known) return known;
  if (/^array/i.test(type)) return ['[]', 'object'];
  return /^(object|map|\{)/i.test(type) ? ['{}', 'object'] : ['None', 'object'];
}

/** A Python text, as JSON writes it: the two agree for what names hold. */
function text(value: string): string {
  return JSON.stringify(value);
}

function dataLines(inputs: SnippetColumn[] | null): { needs: string[]; lines: string[] } {
  if (!inputs?.length) return { needs: [], lines: ['data = ...  # saved without a signature: pass what it was trained on'] };
  const tensors = inputs.map((input) => parseTensor(input.type));
  const [first] = tensors;
  if (first && inputs.length === 1 && !inputs[0]?.name) return { needs: ['import numpy as np'], lines: [`data = ${zeros(first)}`] };
  if (tensors.every((tensor) => tensor !== null)) {
    const lines = inputs.map((input, at) => `    ${text(input.name ?? String(at))}: ${zeros(tensors[at] ?? { dtype: 'float64', shape: [1] })},`);
    return { needs: ['import numpy as np'], lines: ['data = {', ...lines, '}'] };
  }
  if (inputs.every((input) => input.name === null)) {
    const row = inputs.map((input) => sample(input.type)[0]).join(', ');
    return { needs: ['import pandas as pd'], lines: [`data = pd.DataFrame([[${row}]])`] };
  }
  const lines = inputs.map((input, at) => {
    const [value, dtype] = sample(input.type);
    const note = input.required ? '' : '  # optional';
    return `    ${text(input.name ?? String(at))}: pd.Series([${value}], dtype="${dtype}"),${note}`;
  });
  return { needs: ['import pandas as pd'], lines: ['data = pd.DataFrame({', ...lines, '})'] };
}

export function modelSnippet(uri: string, trackingUri: string, inputs: SnippetColumn[] | null): string {
  const { needs, lines } = dataLines(inputs);
  return [
    'import mlflow',
    ...needs,
    '',
    '# Outside a Handloom notebook, with MLFLOW_TRACKING_TOKEN set:',
    `# mlflow.set_tracking_uri(${text(trackingUri)})`,
    '',
    `model = mlflow.pyfunc.load_model(${text(uri)})`,
    ...lines,
    'print(model.predict(data))',
  ].join('\n');
}
