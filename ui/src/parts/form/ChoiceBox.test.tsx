import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { ChoiceBox, ManyBox, type ChoiceGroup } from './ChoiceBox';

beforeAll(() => i18n.changeLanguage('en'));
afterEach(cleanup);

const groups: ChoiceGroup[] = [
  { name: 'General', choices: [{ id: 'run', name: 'Run name' }] },
  { name: 'Parameters', choices: Array.from({ length: 400 }, (_, at) => ({ id: `params.p${at}`, name: `p${at}` })) },
];

function One() {
  const [value, setValue] = useState('run');
  return (
    <FluentProvider theme={webLightTheme}>
      <ChoiceBox aria-label="X axis" value={value} groups={groups} onChoose={setValue} />
      <output>{value}</output>
    </FluentProvider>
  );
}

function Many() {
  const [values, setValues] = useState(['params.p1']);
  return (
    <FluentProvider theme={webLightTheme}>
      <ManyBox aria-label="Parameters" values={values} groups={groups} onChoose={setValues} />
      <output>{values.join(' ')}</output>
    </FluentProvider>
  );
}

const box = () => screen.getByRole<HTMLInputElement>('combobox');

test('typing right after a click narrows the list, and Enter takes what the arrows chose', async () => {
  const user = userEvent.setup();
  render(<One />);
  await user.click(box());
  expect(screen.getAllByRole('option').length).toBe(100);
  expect(screen.getByText(/301 more/)).toBeTruthy();
  await user.keyboard('p37');
  expect(screen.getAllByRole('option').map((one) => one.textContent)).toEqual(['p37', ...Array.from({ length: 10 }, (_, at) => `p37${at}`)]);
  await user.keyboard('{ArrowDown}{Enter}');
  expect(screen.getByRole('status').textContent).toBe('params.p370');
  expect(box().value).toBe('p370');
});

test('Escape closes the list alone and keeps the choice', async () => {
  const user = userEvent.setup();
  render(<One />);
  await user.click(box());
  await user.keyboard('xyz');
  expect(screen.getByText('Nothing found')).toBeTruthy();
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('listbox')).toBeNull();
  expect(box().value).toBe('Run name');
});

test('several are chosen and taken away while the list stays open', async () => {
  const user = userEvent.setup();
  render(<Many />);
  await user.click(box());
  await user.keyboard('p2');
  await user.click(screen.getByRole('option', { name: 'p2' }));
  await user.click(screen.getByRole('option', { name: 'p1' }));
  expect(screen.getByRole('status').textContent).toBe('params.p2');
});
