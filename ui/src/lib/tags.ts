/** Validation of tags while typing, with MLflow's rules. */

const MOST_KEY = 250;
const MOST_VALUE = 8000;

export function tagKeyProblem(raw: string, taken: string[]): 'empty' | 'characters' | 'keyTooLong' | 'reserved' | 'taken' | null {
  const key = raw.trim();
  if (!key) return 'empty';
  if (key.length > MOST_KEY) return 'keyTooLong';
  if (key.startsWith('mlflow.')) return 'reserved';
  if (!/^[\w.:/ -]+$/.test(key) || key.startsWith('/') || key.endsWith('/') || key.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    return 'characters';
  }
  return taken.includes(key) ? 'taken' : null;
}

export function tagValueProblem(value: string): 'valueTooLong' | null {
  return value.length > MOST_VALUE ? 'valueTooLong' : null;
}

/** MLflow keeps `latest` and `v1` for itself. */
export function aliasProblem(raw: string): 'characters' | 'reserved' | null {
  const alias = raw.trim();
  if (!/^[\w-]{1,255}$/.test(alias)) return 'characters';
  return alias.toLowerCase() === 'latest' || /^v\d+$/i.test(alias) ? 'reserved' : null;
}
