import { render, screen } from '@testing-library/react';
import { MemoryRouter, useLocation } from 'react-router';
import { expect, test } from 'vitest';
import { MlflowLinks } from './MlflowLinks';

function Address() {
  const { pathname, search } = useLocation();
  return <output>{pathname + search}</output>;
}

test('a link that a client printed opens its run', async () => {
  render(
    <MemoryRouter initialEntries={['/workspaces/w1#/experiments/2/runs/abc']}>
      <MlflowLinks />
      <Address />
    </MemoryRouter>,
  );
  expect(await screen.findByText('/workspaces/w1/experiments/2?view=details&run=abc')).toBeTruthy();
});
