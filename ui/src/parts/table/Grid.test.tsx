import { FluentProvider } from '@fluentui/react-components';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { Grid, type GridColumn } from './Grid';
import { moveBefore, placeColumns, visibleColumns } from './layout';

beforeAll(async () => {
  await i18n.changeLanguage('en');
  // jsdom lays nothing out: give the grid a size, as a browser would.
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 400 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 800 });
  Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, value: 400 });
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, value: 800 });
});
afterEach(cleanup);

const names = Array.from({ length: 800 }, (_, at) => `c${at}`);

interface Seen {
  opened: number[];
  sorted: string[];
}

function Table({ seen, tree = false }: { seen: Seen; tree?: boolean }) {
  const [ids, setIds] = useState(names);
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [pinned, setPinned] = useState<string[]>(['c0']);
  const [picked, setPicked] = useState<number[]>([]);
  const [open, setOpen] = useState<number[]>([]);
  const [last, setLast] = useState(0);
  const columns = ids.map((id): GridColumn => ({ id, label: id, width: widths[id] ?? 100, pinned: pinned.includes(id), movable: true, onSort: () => seen.sorted.push(id) }));
  return (
    <FluentProvider>
      <button type="button">before</button>
      <Grid
        label="Runs"
        count={5000}
        columns={columns}
        rowKey={String}
        cell={(index, id) => `${index} ${id}`}
        selection={{
          isPicked: (index) => picked.includes(index),
          onPick: (index, range) => {
            const from = range ? Math.min(last, index) : index;
            const meant = Array.from({ length: (range ? Math.max(last, index) : index) - from + 1 }, (_, at) => from + at);
            setLast(index);
            setPicked(picked.includes(index) ? picked.filter((one) => one !== index) : [...new Set([...picked, ...meant])]);
          },
          onPickAll: () => setPicked([]),
          all: picked.length ? 'mixed' : false,
          allLabel: 'all',
          rowLabel: (index) => `pick ${index}`,
        }}
        onOpen={(index) => seen.opened.push(index)}
        branch={tree ? (index) => ({ level: 1, expanded: open.includes(index) }) : undefined}
        onExpand={(index, expanded) => setOpen(expanded ? [...open, index] : open.filter((one) => one !== index))}
        onResize={(id, width) => setWidths({ ...widths, [id]: width })}
        onMove={(id, before) => setIds(moveBefore(ids, id, before))}
        onPin={(id, wanted) => setPinned(wanted ? [...pinned, id] : pinned.filter((one) => one !== id))}
      />
      <button type="button">after</button>
    </FluentProvider>
  );
}

async function show(tree = false) {
  const seen: Seen = { opened: [], sorted: [] };
  render(<Table seen={seen} tree={tree} />);
  await waitFor(() => expect(screen.getAllByRole('row').length).toBeGreaterThan(5));
  return { seen, user: userEvent.setup() };
}
const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve))));
const at = () => document.activeElement?.closest<HTMLElement>('[data-index]')?.dataset.index;
const head = (name: string) => screen.getByRole('columnheader', { name });

test('rows and columns out of sight are not drawn, and all are counted', async () => {
  await show();
  const grid = screen.getByRole('grid');
  expect(grid.getAttribute('aria-rowcount')).toBe('5001');
  expect(grid.getAttribute('aria-colcount')).toBe('801');
  expect(screen.getAllByRole('row').length).toBeLessThan(40);
  expect(screen.getAllByRole('gridcell').length).toBeLessThan(800);
});

test('the grid has one Tab stop', async () => {
  const { user } = await show();
  await user.click(screen.getByText('before'));
  await user.tab();
  expect(at()).toBe('0');
  await user.tab();
  expect(document.activeElement?.textContent).toBe('after');
});

test('arrows move, Space picks, Shift+arrow picks on, Enter opens', async () => {
  const { user, seen } = await show();
  screen.getAllByRole('row')[1]?.focus();
  await user.keyboard('{ArrowDown}');
  await frames();
  await user.keyboard(' {Shift>}{ArrowDown}{/Shift}');
  await frames();
  expect(screen.getAllByRole('row').filter((row) => row.getAttribute('aria-selected') === 'true').map((row) => row.dataset.index)).toEqual(['1', '2']);
  await user.keyboard('{Enter}');
  expect(seen.opened).toEqual([2]);
});

test('right and left walk into the cells of a row, and open and close a branch first', async () => {
  const { user } = await show(true);
  screen.getAllByRole('row')[1]?.focus();
  await user.keyboard('{ArrowRight}');
  expect(screen.getAllByRole('row')[1]?.getAttribute('aria-expanded')).toBe('true');
  await user.keyboard('{ArrowRight}{ArrowRight}');
  await frames();
  expect(document.activeElement?.textContent).toBe('0 c0');
});

test('the head sorts, resizes, moves and pins by keyboard', async () => {
  const { user, seen } = await show();
  head('c1').focus();
  await user.keyboard('{Enter}');
  expect(seen.sorted).toEqual(['c1']);
  await user.keyboard('{Shift>}{ArrowRight}{/Shift}');
  expect(head('c1').style.width).toBe('116px');
  await user.keyboard('{Alt>}{ArrowRight}{/Alt}');
  const order = () => screen.getAllByRole('columnheader').map((one) => one.dataset.name).filter(Boolean);
  expect(order().slice(0, 3)).toEqual(['c0', 'c2', 'c1']);
  expect(document.activeElement).toBe(head('c1')); // the focus goes with the column
  await user.keyboard('{Alt>}{ArrowRight}{/Alt}');
  expect(order().slice(0, 4)).toEqual(['c0', 'c2', 'c3', 'c1']);
  await user.keyboard('p');
  expect(head('c1').style.left).not.toBe('');
  expect(document.activeElement).toBe(head('c1'));
});

test('a column dragged onto another stands before it', async () => {
  await show();
  fireEvent.dragStart(head('c3'));
  fireEvent.dragOver(head('c1'));
  fireEvent.drop(head('c1'));
  expect(screen.getAllByRole('columnheader').map((one) => one.dataset.name).filter(Boolean).slice(0, 4)).toEqual(['c0', 'c3', 'c1', 'c2']);
});

test('the layout gives free room to columns that grow and finds those in sight', () => {
  const layout = placeColumns([{ id: 'a', width: 100, pinned: true }, { id: 'b', width: 100, grow: true }, { id: 'c', width: 100 }], 500);
  expect(layout.width).toBe(500);
  expect(layout.scrolling.map((column) => [column.left, column.width])).toEqual([[100, 300], [400, 100]]);
  const many = placeColumns(names.map((id) => ({ id, width: 100 })), 500);
  expect(visibleColumns(many, 1000, 500, 1)).toEqual([9, 16]);
});
