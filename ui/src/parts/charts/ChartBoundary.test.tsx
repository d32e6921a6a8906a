import { cleanup, render, screen } from '@testing-library/react';
import { useEffect } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { ChartBoundary } from './ChartBoundary';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Fragile({ option }: { option: string }) {
  useEffect(() => {
    if (option === 'broken') throw new Error('no axis');
  }, [option]);
  return <p>chart of {option}</p>;
}

const page = (option: string) => (
  <main>
    <h1>page</h1>
    <ChartBoundary drawn={option} fallback={<p>not drawn</p>}>
      <Fragile option={option} />
    </ChartBoundary>
  </main>
);

test('a chart that fails leaves the page as it is, and the next one is drawn', () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const { rerender } = render(page('loss'));
  expect(screen.getByText('chart of loss')).toBeTruthy();
  rerender(page('broken'));
  expect(screen.getByText('not drawn')).toBeTruthy();
  expect(screen.getByRole('heading', { name: 'page' })).toBeTruthy();
  rerender(page('accuracy'));
  expect(screen.getByText('chart of accuracy')).toBeTruthy();
});
