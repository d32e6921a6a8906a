/** Whether a smaller or larger value of a metric is better: as somebody said, else guessed from its name. */

const LESS = /(^|[_\W])(loss|error|err|mae|mse|rmse|mape|rmsle|logloss|log_loss|perplexity|latency|duration|time|deviance|wer|cer)($|[_\W])|^rank_test_|^std_|_std$/i;

/** `min` or `max` by metric. */
export type Directions = Record<string, 'min' | 'max'>;

/** Errors and losses are better when small; scores when large. */
export function lessIsBetter(metric: string, said: Directions = {}): boolean {
  return Object.hasOwn(said, metric) ? said[metric] === 'min' : LESS.test(metric);
}

const TELLING = [/(^|_)r2(_score)?$/, /accuracy/, /auc/, /f1/, /(^|_)(val|test)_loss$/, /rmse|root_mean_squared/, /mae|mean_absolute/, /loss/];

/** The metric to show if there is room for one: a common score, else the first. */
export function mainMetric(keys: string[]): string | null {
  for (const pattern of TELLING) {
    const found = keys.find((key) => pattern.test(key.toLowerCase()));
    if (found) return found;
  }
  return keys[0] ?? null;
}
