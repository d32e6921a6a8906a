import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test } from 'vitest';
import type { ExperimentColumns } from '../../api/schema';
import { defaultChart, type ChartSpec } from '../../lib/chartSpec';
import '../../lib/i18n';
import { ChartEditor, startingParams } from './ChartEditor';
import { exampleRun } from './exampleRun';

afterEach(cleanup);

const keys: ExperimentColumns = { metrics: ['mae', 'r2'], params: ['depth', 'rate'], tags: [], suggested: [], nested: false, directions: {} };
const row = (name: string, r2: number, mae: number, depth: string) =>
  exampleRun({ run_id: name, name, metrics: { r2, mae }, params: { depth, rate: '0.1' } });
const runs = [row('calm-elk', 0.52, 43, '3'), row('nimble-ox', 0.56, 41, '5')];

function show(spec: ChartSpec, adding = false) {
  const saved: ChartSpec[] = [];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <FluentProvider theme={webLightTheme}>
        <ChartEditor workspace="w" spec={spec} adding={adding} keys={keys} runs={runs} onSave={(one) => saved.push(one)} onClose={() => undefined} />
      </FluentProvider>
    </QueryClientProvider>,
  );
  return { saved, user: userEvent.setup(), preview: within(screen.getByRole('region', { name: 'Preview', hidden: true })) };
}

test('Replace gives back the chart with its new title and type, trimmed', async () => {
  const { saved, user } = show(defaultChart('r2'));
  await user.type(screen.getByRole('textbox', { name: 'Title' }), ' Fit ');
  await user.click(screen.getByRole('combobox', { name: 'Visualization type' }));
  await user.click(screen.getByRole('option', { name: /Scatter/ }));
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  expect(saved).toEqual([{ ...defaultChart('r2'), title: 'Fit', type: 'scatter' }]);
});

test('a chart that becomes a line is over steps, and over runs again as bars', async () => {
  const { saved, user } = show(defaultChart('r2'));
  const choose = async (type: RegExp) => {
    await user.click(screen.getByRole('combobox', { name: 'Visualization type' }));
    await user.click(screen.getByRole('option', { name: type }));
  };
  await choose(/Line/);
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  await choose(/Bar/);
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  expect(saved.map(({ type, x }) => [type, x])).toEqual([['line', 'step'], ['bar', 'run']]);
});

test('the preview shows the numbers of the metric that is chosen', async () => {
  const { user, preview } = show(defaultChart('r2'));
  expect(preview.getByRole('cell', { name: '0.52' })).toBeTruthy();
  const box = screen.getByRole('combobox', { name: 'Y axis' });
  await user.click(box);
  await user.click(screen.getByRole('option', { name: 'mae' }));
  await user.click(screen.getByRole('option', { name: 'r2' }));
  expect(preview.queryByRole('cell', { name: '0.52' })).toBeNull();
  expect(preview.getByRole('cell', { name: '43' })).toBeTruthy();
});

test('a chart without a metric cannot be added', async () => {
  const { user } = show({ ...defaultChart('+'), y: [] }, true);
  const add = screen.getByRole<HTMLButtonElement>('button', { name: 'Add chart' });
  expect(add.disabled).toBe(true);
  await user.click(screen.getByRole('combobox', { name: 'Y axis' }));
  await user.click(screen.getByRole('option', { name: 'mae' }));
  expect(add.disabled).toBe(false);
});

test('parallel coordinates ask for params and have neither an X axis nor groups', async () => {
  const { user, saved } = show(defaultChart('r2'));
  await user.click(screen.getByRole('combobox', { name: 'Visualization type' }));
  await user.click(screen.getByRole('option', { name: /Parallel/ }));
  expect(screen.queryByRole('combobox', { name: 'X axis' })).toBeNull();
  await user.click(screen.getByRole('combobox', { name: 'Parameters' }));
  await user.click(screen.getByRole('option', { name: 'depth' }));
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  expect(saved[0]).toMatchObject({ type: 'parallel', y: ['r2'], params: ['depth'] });
});

test('a contour asks for two params and one metric, and says what it lacks', async () => {
  const { user, saved, preview } = show(defaultChart('r2'));
  const replace = screen.getByRole<HTMLButtonElement>('button', { name: 'Replace' });
  await user.click(screen.getByRole('combobox', { name: 'Visualization type' }));
  await user.click(screen.getByRole('option', { name: /Contour/ }));
  expect(replace.disabled).toBe(true);
  expect(preview.getByText('Choose two parameters and a metric.')).toBeTruthy();
  for (const [axis, param] of [['X axis', 'depth'], ['Y axis', 'rate']] as const) {
    await user.click(screen.getByRole('combobox', { name: axis }));
    await user.click(screen.getByRole('option', { name: param }));
  }
  expect(preview.getByText(/at least three combinations of depth and rate. These runs have 2/)).toBeTruthy();
  await user.click(replace);
  expect(saved[0]).toMatchObject({ type: 'contour', y: ['r2'], params: ['depth', 'rate'] });
});

test('a chart over params begins with those that tell the runs apart', () => {
  const suggested = { ...keys, suggested: ['metrics.r2', 'params.model', 'params.depth', 'params.rate'] };
  const runs = [{ params: { model: 'tree', depth: '3', rate: '0.1' } }, { params: { model: 'line', depth: '4', rate: '0.2' } }];
  expect(startingParams('parallel', suggested, runs)).toEqual(['model', 'depth', 'rate']);
  expect(startingParams('contour', suggested, runs)).toEqual(['depth', 'rate']);
  expect(startingParams('bar', suggested, runs)).toEqual([]);
});
