import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { FileTree } from './FileTree';
import type { FileNode, Source } from './source';

beforeAll(async () => {
  await i18n.changeLanguage('en');
  // jsdom lays nothing out: give the tree a size, as a browser would.
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 400 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 300 });
});
afterEach(cleanup);

const node = (path: string, change: Partial<FileNode> = {}): FileNode => ({
  path, name: path.split('/').at(-1) ?? path, is_dir: false, size: 2048, model: false, ...change,
});
const folders: Record<string, FileNode[]> = {
  '': [node('model', { is_dir: true, model: true }), node('plots', { is_dir: true }), node('notes.txt')],
  model: [node('model/MLmodel')],
  plots: [],
};

function treeOf(read: string[]): Source {
  return {
    id: 'run',
    content: (file) => file,
    page: (file) => file,
    list: async (folder) => {
      read.push(folder);
      const entries = folders[folder];
      if (!entries) throw new Error('This folder is gone.');
      return entries;
    },
  };
}

function Picker({ source, foldersOnly = false }: { source: Source; foldersOnly?: boolean }) {
  const [picked, setPicked] = useState('');
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: false } } }));
  return (
    <FluentProvider theme={webLightTheme}>
      <QueryClientProvider client={client}>
        <FileTree source={source} label="Files" selected={picked} foldersOnly={foldersOnly} onSelect={(one) => setPicked(one.path)} />
        <output>{picked}</output>
      </QueryClientProvider>
    </FluentProvider>
  );
}

test('a folder is read when it opens, not before; picking tells the file', async () => {
  const read: string[] = [];
  const user = userEvent.setup();
  render(<Picker source={treeOf(read)} />);
  await user.click(await screen.findByText('model', { selector: '.hl-line' }));
  expect(read).toEqual(['', 'model']);
  await user.click(await screen.findByText('MLmodel'));
  expect(screen.getByRole('status').textContent).toBe('model/MLmodel');
});

test('model folders are marked, sizes shown, and folders alone on request', async () => {
  render(<Picker source={treeOf([])} foldersOnly />);
  expect(await screen.findByText('model', { selector: '.fui-Badge' })).toBeTruthy();
  expect(screen.queryByText('notes.txt')).toBeNull();
  cleanup();
  render(<Picker source={treeOf([])} />);
  expect(await screen.findByText('2 kB')).toBeTruthy();
});

test('an empty folder says so', async () => {
  const user = userEvent.setup();
  render(<Picker source={treeOf([])} />);
  await user.click(await screen.findByText('plots'));
  expect(await screen.findByText('This folder is empty.')).toBeTruthy();
});

test('a folder that cannot be read says why', async () => {
  render(<Picker source={{ ...treeOf([]), list: () => Promise.reject(new Error('This folder is gone.')) }} />);
  expect(await screen.findByText('This folder is gone.')).toBeTruthy();
});
