import { FluentProvider } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Item } from '../../api/schema';
import '../../lib/i18n';
import { ItemTable } from './ItemTable';
import { readOrder } from './rows';

const items = Array.from(
  { length: 2000 },
  (_, i): Item => ({
    kind: 'experiment',
    id: String(i),
    workspace: 'w',
    workspace_name: 'lab',
    name: `experiment-${i}`,
    description: '',
    owner: 'ada',
    created_at: 0,
    modified_at: 0,
    count: i,
    folder: '',
  }),
);

afterEach(cleanup);

beforeAll(() => {
  // jsdom lays nothing out: give the list a height, as a browser would.
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 1000 });
});

const nothing = () => undefined;
const noFolders = { any: false, pathOf: String, onExpand: nothing, onNew: nothing, onRename: nothing, onMove: nothing, onRemove: nothing, onDrop: nothing };

function Table({ onDelete, onRename }: { onDelete: (names: string[]) => void; onRename: (name: string) => void }) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  return (
    <ItemTable
      rows={items.map((item) => ({ item, level: 0 }))}
      order={readOrder(null)}
      onOrder={() => undefined}
      picked={picked}
      onPick={setPicked}
      canWrite
      onRename={(item) => onRename(item.name)}
      onMove={() => undefined}
      folders={noFolders}
      onDelete={(gone) => onDelete(gone.map((item) => item.name))}
    />
  );
}

async function show() {
  const deleted: string[][] = [];
  const renamed: string[] = [];
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['me'], { user: { id: '1', name: 'ada', display_name: 'Ada', created_at: 0 }, auth: true, version: '1' });
  const router = createMemoryRouter([
    { path: '/', element: <Table onDelete={(names) => deleted.push(names)} onRename={(name) => renamed.push(name)} /> },
    { path: '/workspaces/w/experiments/:id', element: <h1>opened</h1> },
  ]);
  render(
    <FluentProvider>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </FluentProvider>,
  );
  const rows = () => screen.getAllByRole('row').slice(1);
  await waitFor(() => expect(rows().length).toBeGreaterThan(10));
  rows()[0]?.focus();
  return { deleted, renamed, rows, router };
}

const picked = (rows: HTMLElement[]) => rows.filter((row) => row.getAttribute('aria-selected') === 'true').length;

test('only the rows in sight are drawn, and all of them are counted', async () => {
  const { rows } = await show();
  expect(rows().length).toBeLessThan(60);
  expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('2001');
});

test('one owner is the person', async () => {
  const { rows } = await show();
  expect(rows()[0]?.textContent).toContain('me');
});

test('arrows move, Space picks, Shift+Space picks up to here', async () => {
  const { rows } = await show();
  await userEvent.keyboard(' {ArrowDown}{ArrowDown}');
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await userEvent.keyboard('{Shift>} {/Shift}');
  expect(picked(rows())).toBe(3);
});

test('the head box picks all and then none', async () => {
  const { rows } = await show();
  const all = screen.getByRole('checkbox', { name: 'Pick all items' });
  await userEvent.click(all);
  expect(picked(rows())).toBe(rows().length);
  await userEvent.click(all);
  expect(picked(rows())).toBe(0);
});

test('Delete means all picked rows, or else the row with the focus', async () => {
  const { deleted } = await show();
  await userEvent.keyboard('{Delete}');
  await userEvent.keyboard('{Control>}a{/Control}{Delete}');
  expect(deleted[0]).toEqual(['experiment-0']);
  expect(deleted[1]).toHaveLength(2000);
});

test('F2 renames and Enter opens', async () => {
  const { renamed, router } = await show();
  await userEvent.keyboard('{F2}');
  expect(renamed).toEqual(['experiment-0']);
  await userEvent.keyboard('{Enter}');
  expect(router.state.location.pathname).toBe('/workspaces/w/experiments/0');
});

test('a right click offers what can be done with the row', async () => {
  const { rows, deleted } = await show();
  const second = rows()[1];
  if (second) await userEvent.pointer({ keys: '[MouseRight]', target: second });
  await userEvent.click(await screen.findByRole('menuitem', { name: /Delete/ }));
  expect(deleted).toEqual([['experiment-1']]);
});
