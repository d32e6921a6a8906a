import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { cleanup, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { CreatedRun } from '../../../api/schema';
import { i18n } from '../../../lib/i18n';
import { queuedRun } from '../runs';
import { MadeRunsList } from './MadeRunsList';

beforeAll(() => i18n.changeLanguage('en'));
afterEach(cleanup);

const cell = { ...queuedRun('me', 0, false), startedAt: 10_000, endedAt: 20_000 };
const rows = (count: number) =>
  Array.from({ length: count }, (_, at): CreatedRun => ({
    run_id: `r${at}`, name: `trial ${at}`, experiment: '7', experiment_name: 'study', cell: 'c', parent_run_id: null, status: 'FINISHED', start_time: 11_000 + at, metrics: { r2: at },
  }));
const shown = (count: number) =>
  render(
    <FluentProvider theme={webLightTheme}>
      <MemoryRouter>
        <MadeRunsList workspace="w" rows={rows(count)} cell={cell} />
      </MemoryRouter>
    </FluentProvider>,
  );

test('one run has nothing to be compared with', () => {
  shown(1);
  expect(screen.getByRole('link', { name: 'trial 0' }).getAttribute('href')).toBe('/workspaces/w/experiments/7?view=details&run=r0');
  expect(screen.queryByRole('link', { name: /Compare/ })).toBeNull();
});

test('of many runs five are listed, and the link says how many it compares', () => {
  shown(120);
  expect(screen.getByText('120 runs in')).toBeTruthy();
  expect(screen.getByText('and 115 more')).toBeTruthy();
  const compared = new URLSearchParams(screen.getByRole('link', { name: 'Compare the first 100' }).getAttribute('href')?.split('?')[1]);
  expect(compared.get('runs')?.split(',')).toHaveLength(100);
});
