import { expect, test } from 'vitest';
import type { ReportPage } from '../../api/schema';
import type { Block } from './blocks';
import { ReportSaver, type SaverServer } from './saver';

const CONFLICT = new Error('conflict');

function text(id: string, words = id): Block {
  return { kind: 'text', id, text: words };
}

function report(blocks: Block[], version = 1): ReportPage {
  return { id: 'r', workspace: 'w', name: 'R', description: '', blocks, version, owner: 'Ann', modified_by: 'Bob', created_at: 0, modified_at: 0 };
}

/** A server with one report, and a page that has opened it. */
function open(blocks: Block[]) {
  const joined: string[] = [];
  const server = { kept: report(blocks), down: false, joined };
  const put = (next: Block[]) => (server.kept = report(next, server.kept.version + 1));
  const io: SaverServer = {
    send: async (version, next) => {
      if (server.down) throw new Error('down');
      if (version !== server.kept.version) throw CONFLICT;
      return put(next);
    },
    read: async () => server.kept,
    isConflict: (error) => error === CONFLICT,
    onJoined: (by) => server.joined.push(by),
  };
  return { server, put, saver: new ReportSaver(server.kept, io, 0) };
}

const words = (blocks: Block[]) => blocks.map((block) => (block.kind === 'text' ? block.text : ''));

test('saves what was changed, and takes what others save while nothing is unsaved', async () => {
  const { server, put, saver } = open([text('a')]);
  saver.change([text('a', 'mine')]);
  expect([saver.unsaved, saver.state.status]).toEqual([true, 'waiting']);
  await saver.flush();
  expect([words(server.kept.blocks), saver.state.status, saver.unsaved]).toEqual([['mine'], 'saved', false]);
  saver.receive(put([text('a', 'theirs')]));
  expect(words(saver.state.blocks)).toEqual(['theirs']);
  saver.receive(report([text('a', 'old')], 1));
  expect(words(saver.state.blocks)).toEqual(['theirs']);
});

test('joins changes of different blocks without asking', async () => {
  const { server, put, saver } = open([text('a'), text('b')]);
  put([text('a', 'theirs'), text('b')]);
  saver.change([text('a'), text('b', 'mine')]);
  await saver.flush();
  expect([words(server.kept.blocks), server.joined, saver.state.status]).toEqual([['theirs', 'mine'], ['Bob'], 'saved']);
});

test.each([
  ['mine', ['mine', 'b']],
  ['theirs', ['theirs', 'b']],
  ['both', ['theirs', 'mine', 'b']],
] as const)('asks where both changed the same block, and keeps %s', async (choice, kept) => {
  const { server, put, saver } = open([text('a'), text('b')]);
  put([text('a', 'theirs'), text('b')]);
  saver.change([text('a', 'mine'), text('b')]);
  await saver.flush();
  expect([saver.state.status, saver.state.by, saver.state.clashes, saver.unsaved]).toEqual(['clash', 'Bob', 1, true]);
  expect([words(server.kept.blocks), words(saver.state.blocks)]).toEqual([['theirs', 'b'], ['mine', 'b']]);
  saver.choose(choice);
  await new Promise((done) => setTimeout(done));
  expect([words(server.kept.blocks), saver.state.status]).toEqual([kept, 'saved']);
});

test('keeps what could not be saved, and saves it at the next try', async () => {
  const { server, saver } = open([text('a')]);
  server.down = true;
  saver.change([text('a', 'mine')]);
  await saver.flush();
  expect([saver.state.status, saver.unsaved, words(saver.state.blocks)]).toEqual(['failed', true, ['mine']]);
  server.down = false;
  await saver.flush();
  expect([words(server.kept.blocks), saver.state.status]).toEqual([['mine'], 'saved']);
});
