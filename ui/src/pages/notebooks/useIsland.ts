/** Opens the notebook's island for the page, and closes it so that nothing unsaved is lost. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { get, path, post } from '../../api/client';
import type { Notebook, Session, Sessions } from '../../api/schema';
import { isNotFound } from '../../lib/errors';
import { stablePath } from './lab/drive';
import { keepDraft, takeDraft } from './lab/drafts';
import { openIsland, type Island } from './lab/island';
import { connectJupyter } from './lab/jupyter';
import { isUnsaved } from './saving';

export type Opening = { kind: 'loading' } | { kind: 'open'; island: Island } | { kind: 'failed'; error: unknown };

export interface Outside {
  interrupt: () => void;
  restart: () => void;
  inspect: () => void;
  keybindings: () => void;
}

async function close(island: Island, notebook: string): Promise<void> {
  await island.saver.save().catch(() => undefined);
  const { state } = island.saver;
  if (isUnsaved(state) && state.kind !== 'gone') keepDraft(notebook, island.saver.draft());
  island.dispose();
}

export function useIsland(record: Notebook, me: string, outside: Outside) {
  const client = useQueryClient();
  const [opening, setOpening] = useState<Opening>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const { id, workspace, path: file } = record;
  const latest = useRef({ me, outside, file });
  latest.current = { me, outside, file };

  const startSession = useCallback(async () => {
    const session = await post<Session>(path`/workspaces/${workspace}/sessions`, { notebook: id });
    await client.cancelQueries({ queryKey: ['sessions'] });
    client.setQueryData<Sessions>(['sessions'], (old) => ({
      sessions: [...(old?.sessions ?? []).filter((one) => one.id !== session.id), session],
    }));
    return session;
  }, [client, workspace, id]);

  const whereabouts = useCallback(async () => {
    try {
      const where = path`/workspaces/${workspace}/notebooks/${id}`;
      const found = await client.fetchQuery({
        queryKey: ['notebooks', workspace, id],
        queryFn: ({ signal }) => get<Notebook>(where, {}, signal),
        staleTime: 0,
      });
      connectJupyter().drive.setFile(stablePath(workspace, id), found.path);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }, [client, workspace, id]);

  useEffect(() => {
    const leaving = new AbortController();
    let opened: Island | undefined;
    setOpening({ kind: 'loading' });
    const options = {
      workspace,
      notebook: id,
      file: latest.current.file,
      startSession,
      whereabouts,
      who: () => latest.current.me,
      outside: {
        interrupt: () => latest.current.outside.interrupt(),
        restart: () => latest.current.outside.restart(),
        inspect: () => latest.current.outside.inspect(),
        keybindings: () => latest.current.outside.keybindings(),
      },
    };
    openIsland(connectJupyter(), options, leaving.signal).then(
      (island) => {
        if (leaving.signal.aborted) return island.dispose();
        opened = island;
        const draft = takeDraft(id);
        if (draft) island.saver.restore(draft);
        setOpening({ kind: 'open', island });
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setOpening({ kind: 'failed', error });
      },
    );
    return () => {
      leaving.abort();
      if (opened) void close(opened, id);
    };
  }, [workspace, id, startSession, whereabouts, attempt]);

  useEffect(() => connectJupyter().drive.setFile(stablePath(workspace, id), file), [workspace, id, file]);

  return { opening, retry: () => setAttempt((count) => count + 1) };
}
