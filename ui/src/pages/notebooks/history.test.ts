import { expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { diffNotebooks, folded, restored, versionName } from './history';
import type { AnyCell, AnyNotebook } from './merge';

function code(id: string, source: string | string[], rest: object = {}): AnyCell {
  return { id, cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null, ...rest };
}

function notebook(...cells: AnyCell[]): AnyNotebook {
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

test('cells that changed, came, went and moved are told, and their lines', () => {
  const before = notebook(code('a', 'x = 1\ny = 2\n'), code('b', 'gone'), code('c', 'same'), code('d', 'wanders'));
  const after = notebook(code('d', 'wanders'), code('a', ['x = 1\n', 'y = 3\n']), code('c', 'same'), code('e', 'new'));
  const found = diffNotebooks(before, after).map(({ kind, number, lines }) => [
    kind,
    number,
    lines.map((line) => `${line.kind[0]} ${line.text}`),
  ]);
  expect(found).toEqual([
    ['moved', 1, ['s wanders']],
    ['changed', 2, ['s x = 1', 'r y = 2', 'a y = 3']],
    ['removed', 2, ['r gone']],
    ['added', 4, ['a new']],
  ]);
  expect(diffNotebooks(before, before)).toEqual([]);
});

test('lines far from a change are folded', () => {
  const lines = [...'abcdefghij'].map((text) => ({ kind: text === 'e' ? ('added' as const) : ('same' as const), text }));
  expect(folded(lines).map((line) => line?.text ?? '…')).toEqual(['…', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '…']);
});

test('a restored version keeps the outputs of cells whose text is the same', () => {
  const outputs = [{ output_type: 'stream', name: 'stdout', text: '1' }];
  const now = notebook(code('a', 'print(1)', { outputs, execution_count: 4 }), code('b', 'changed', { outputs }));
  const back = restored(notebook(code('a', 'print(1)'), code('b', 'as it was')), now);
  expect(back.cells.map(({ outputs: kept }) => kept)).toEqual([outputs, []]);
  expect(back.cells[0]?.execution_count).toBe(4);
});

test('the name of a version before a pull is translated, and names that people give are not', async () => {
  await i18n.changeLanguage('ko');
  const t = i18n.getFixedT('ko', 'notebooks');
  expect(versionName('Before git pull 0a1b2c3', t)).toBe('git pull 0a1b2c3 직전');
  expect(versionName('Before git pull of mine', t)).toBe('Before git pull of mine');
});
