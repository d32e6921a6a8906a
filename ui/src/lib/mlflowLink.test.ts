import { describe, expect, test } from 'vitest';
import { mlflowTarget } from './mlflowLink';

describe('links that MLflow clients print', () => {
  test('lead from the workspace to the run or the experiment', () => {
    expect(mlflowTarget('/workspaces/w1', '#/experiments/3/runs/abc1')).toBe(
      '/workspaces/w1/experiments/3?view=details&run=abc1',
    );
    expect(mlflowTarget('/workspaces/w1/', '#/experiments/3')).toBe('/workspaces/w1/experiments/3');
  });

  test('without a workspace ask the server for the default one', () => {
    expect(mlflowTarget('/', '#/experiments/0/runs/abc1')).toBe('/mlflow/default/#/experiments/0/runs/abc1');
  });

  test('leave every other address alone', () => {
    expect(mlflowTarget('/', '')).toBeNull();
    expect(mlflowTarget('/create', '#/experiments/0')).toBeNull();
    expect(mlflowTarget('/workspaces/w1', '#elsewhere')).toBeNull();
  });
});
