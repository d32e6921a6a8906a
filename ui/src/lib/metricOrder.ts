/** Whether a smaller or larger value of a metric is better, guessed from its name. */

const LESS = /(^|[_\W])(loss|error|err|mae|mse|rmse|mape|rmsle|logloss|log_loss|perplexity|latency|duration|time|deviance|wer|cer)($|[_\W])/i;

/** Errors and losses are better when small; scores when large. */
export function lessIsBetter(metric: string): boolean {
  return LESS.test(metric);
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
