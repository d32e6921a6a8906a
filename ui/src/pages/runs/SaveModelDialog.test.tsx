import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { FileSource } from '../../api/artifacts';
import type { FileEntry } from '../../api/schema';
import { ApiError } from '../../lib/errors';
import '../../lib/i18n';
import { SaveModelDialog, type SavedModel } from './SaveModelDialog';

beforeAll(() => {
  // jsdom lays nothing out: give the tree a size, as a browser would.
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 400 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 300 });
});
afterEach(cleanup);

const folder = (path: string, model: boolean): FileEntry => ({ path, name: path, is_dir: true, size: null, model });
const source: FileSource = {
  id: 'run',
  content: (file) => file,
  page: (file) => file,
  list: async (where) => (where ? [] : [folder('model', true), folder('plots', false)]),
};

async function show(onSave: (wanted: SavedModel) => Promise<unknown>, models: string[] = [], folders = ['model']) {
  const closed: string[] = [];
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <FluentProvider theme={webLightTheme}>
        <SaveModelDialog experiment="experiment-diabetes" source={source} folders={folders} models={models} onSave={onSave} onClose={() => closed.push('closed')} />
      </FluentProvider>
    </QueryClientProvider>,
  );
  await screen.findByText('plots');
  return { user, closed, save: screen.getByRole('button', { name: 'Save' }) };
}

test('a new name and the only model folder are saved, and the dialog closes', async () => {
  const saved: SavedModel[] = [];
  const { user, closed, save } = await show(async (wanted) => saved.push(wanted));
  const name = screen.getByRole<HTMLInputElement>('textbox', { name: /Model name/ });
  expect(name.placeholder).toBe('model-diabetes');
  await user.type(name, '  my-model ');
  await user.click(save);
  expect(saved).toEqual([{ model: 'my-model', folder: 'model', isNew: true }]);
  expect(closed).toEqual(['closed']);
});

test('a name that is taken or holds a slash is told while it is typed and not sent', async () => {
  const saved: SavedModel[] = [];
  const { user, save } = await show(async (wanted) => saved.push(wanted), ['churn']);
  const name = screen.getByRole('textbox', { name: /Model name/ });
  await user.type(name, 'churn');
  expect(screen.getByText('“churn” is already taken. Choose another name.')).toBeTruthy();
  await user.clear(name);
  await user.type(name, 'a/b');
  expect(screen.getByText('The name cannot contain / :')).toBeTruthy();
  expect(save.hasAttribute('disabled')).toBe(true);
  await user.click(save);
  expect(saved).toEqual([]);
});

test('a version of an existing model is chosen by name', async () => {
  const saved: SavedModel[] = [];
  const { user, save } = await show(async (wanted) => saved.push(wanted), ['churn', 'diabetes']);
  await user.click(screen.getByRole('radio', { name: 'Use an existing model' }));
  await user.click(screen.getByRole('combobox', { name: /^Model/ }));
  await user.click(screen.getByRole('option', { name: 'diabetes' }));
  await user.click(save);
  expect(saved).toEqual([{ model: 'diabetes', folder: 'model', isNew: false }]);
});

test('a folder without a model cannot be saved as one', async () => {
  const saved: SavedModel[] = [];
  const { user, save } = await show(async (wanted) => saved.push(wanted), [], ['model', 'model2']);
  await user.type(screen.getByRole('textbox', { name: /Model name/ }), 'mine');
  await user.click(screen.getByRole('treeitem', { name: /^plots/ }));
  await user.click(save);
  expect(saved).toEqual([]);
  await user.click(screen.getByRole('treeitem', { name: /^model/ }));
  await user.click(save);
  expect(saved).toEqual([{ model: 'mine', folder: 'model', isNew: true }]);
});

test('the server’s refusal of a name stands at the field, and any other failure in the dialog', async () => {
  const answers = [new ApiError(409, 'already_exists', 'Registered model mine already exists.', 'name'), new ApiError(503, 'unavailable', 'The disk is full.')];
  const { user, closed, save } = await show(() => Promise.reject(answers.shift()));
  await user.type(screen.getByRole('textbox', { name: /Model name/ }), 'mine');
  await user.click(save);
  expect(await screen.findByText('Registered model mine already exists.')).toBeTruthy();
  await user.click(save);
  expect(await screen.findByText(/The disk is full\./)).toBeTruthy();
  expect(screen.getByDisplayValue('mine')).toBeTruthy();
  expect(closed).toEqual([]);
});
