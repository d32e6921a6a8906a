import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { FilterBox } from './FilterBox';

beforeAll(() => i18n.changeLanguage('en'));
afterEach(cleanup);

const keys = { metrics: ['training_r2_score'], params: ['estimator'], tags: [] };

function Box({ problem, start = '' }: { problem?: string; start?: string }) {
  const [filter, setFilter] = useState(start);
  const [field, setField] = useState<string | null>(null);
  return (
    <FluentProvider theme={webLightTheme}>
      <FilterBox filter={filter} keys={keys} problem={problem} onFilter={setFilter} values={field === 'params.estimator' ? ['Ridge', 'Lasso'] : []} onValueField={setField} />
      <output>{filter}</output>
    </FluentProvider>
  );
}

test('a key is suggested while it is typed, and Enter applies the whole filter', async () => {
  const user = userEvent.setup();
  render(<Box />);
  const box = screen.getByRole('combobox', { name: 'Filter runs' });
  await user.type(box, 'r2');
  expect(screen.getByRole('option').textContent).toBe('metrics.training_r2_score');
  await user.keyboard('{ArrowDown}{Enter}');
  await user.type(box, '> 0.4{Enter}');
  expect(screen.getByRole('status').textContent).toBe('metrics.training_r2_score > 0.4');
});

test('values of a param are suggested behind its operator', async () => {
  const user = userEvent.setup();
  render(<Box />);
  const box = screen.getByRole('combobox', { name: 'Filter runs' });
  await user.type(box, 'params.estimator = ');
  expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual(["'Ridge'", "'Lasso'"]);
  await user.type(box, 'la');
  await user.keyboard('{ArrowDown}{Enter}{Enter}');
  expect(screen.getByRole('status').textContent).toBe("params.estimator = 'Lasso'");
});

test('the server’s refusal stands under the box', () => {
  render(<Box problem="Unknown field: x" start="x > 1" />);
  expect(screen.getByText('Unknown field: x')).toBeTruthy();
});

test('clearing empties the box and the filter', async () => {
  const user = userEvent.setup();
  render(<Box start="metrics.a > 1" />);
  await user.click(screen.getByRole('button', { name: 'Clear filter' }));
  expect(screen.getByRole('status').textContent).toBe('');
  expect(screen.getByRole<HTMLInputElement>('combobox').value).toBe('');
});
