import { FluentProvider } from '@fluentui/react-components';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test } from 'vitest';
import { ApiError } from '../lib/errors';
import '../lib/i18n';
import { NameDialog } from './NameDialog';
import type { Named } from './NameFields';

afterEach(cleanup);

function show(onSubmit: (named: Named) => Promise<unknown>, options: { file?: boolean; taken?: string[] } = {}) {
  const closed: string[] = [];
  render(
    <FluentProvider>
      <NameDialog open title="New thing" submitLabel="Make" onSubmit={onSubmit} onClose={() => closed.push('closed')} {...options} />
    </FluentProvider>,
  );
  return { closed, name: screen.getByRole('textbox', { name: /^Name/ }), make: screen.getByRole('button', { name: 'Make' }) };
}

test('nothing is told before anything is typed, and an empty name is not sent', async () => {
  const sent: Named[] = [];
  const { make } = show((named) => Promise.resolve(sent.push(named)));
  expect(screen.queryByText('Type a name.')).toBeNull();
  await userEvent.click(make);
  expect(screen.getByText('Type a name.')).toBeTruthy();
  expect(sent).toEqual([]);
});

test('rules are told while typing', async () => {
  const { name } = show(() => Promise.resolve(), { file: true, taken: ['lab'] });
  await userEvent.type(name, 'a/b');
  expect(screen.getByText('The name cannot contain /')).toBeTruthy();
  await userEvent.clear(name);
  await userEvent.type(name, 'lab');
  expect(screen.getByText('“lab” is already taken. Choose another name.')).toBeTruthy();
});

test('Enter sends the trimmed name and closes', async () => {
  const sent: Named[] = [];
  const { name, closed } = show((named) => Promise.resolve(sent.push(named)));
  await userEvent.type(name, '  모델 훈련  {Enter}');
  expect(sent).toEqual([{ name: '모델 훈련', description: '' }]);
  expect(closed).toEqual(['closed']);
});

test('a refused name is told at the field and what was typed stays', async () => {
  const { name, closed } = show(() => Promise.reject(new ApiError(409, 'already_exists', 'Taken.', 'name')));
  await userEvent.type(name, 'lab{Enter}');
  expect(await screen.findByText('“lab” is already taken. Choose another name.')).toBeTruthy();
  expect(screen.getByDisplayValue('lab')).toBeTruthy();
  expect(closed).toEqual([]);
});

test('any other failure is told in the dialog, and a second try is possible', async () => {
  let tries = 0;
  const { name, make, closed } = show(() => {
    tries += 1;
    return tries === 1 ? Promise.reject(new ApiError(503, 'unavailable', 'The disk is full.')) : Promise.resolve();
  });
  await userEvent.type(name, 'lab');
  await userEvent.click(make);
  expect(await screen.findByText(/The disk is full\./)).toBeTruthy();
  await userEvent.click(make);
  expect(closed).toEqual(['closed']);
});
