/** Opens the notebook's host for the page, and closes it so that nothing unsaved is lost. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { path, post } from '../../api/client';
import { notebookQuery } from '../../api/notebooks';
import type { Notebook, Session, Sessions } from '../../api/schema';
import { isNotFound } from '../../lib/errors';
import { holdDocument } from '../../lib/pictures';
import { stablePath } from './lab/drive';
import { keepDraft, takeDraft } from './lab/drafts';
import { connectJupyter } from './lab/jupyter';
import { openNotebookHost, type NotebookHost } from './lab/notebookHost';
import { isUnsaved } from './saving';

export type Opening = { kind: 'loading' } | { kind: 'open'; host: NotebookHost } | { kind: 'failed'; error: unknown };

async function close(host: NotebookHost, notebook: string): Promise<void> {
  await host.saver.save().catch(() => undefined);
  const { state } = host.saver;
  if (isUnsaved(state) && state.kind !== 'gone') keepDraft(notebook, host.saver.draft());
  host.dispose();
}

export function useNotebookHost(record: Notebook, me: string) {
  const client = useQueryClient();
  const [opening, setOpening] = useState<Opening>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const { id, workspace, path: file } = record;
  const latest = useRef({ me, file });
  latest.current = { me, file };

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
      const found = await client.fetchQuery({ ...notebookQuery(workspace, id), staleTime: 0 });
      connectJupyter().drive.setFile(stablePath(workspace, id), found.path);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }, [client, workspace, id]);

  useEffect(() => {
    const leaving = new AbortController();
    let opened: NotebookHost | undefined;
    setOpening({ kind: 'loading' });
    const options = {
      workspace,
      notebook: id,
      file: latest.current.file,
      startSession,
      whereabouts,
      who: () => latest.current.me,
    };
    openNotebookHost(connectJupyter(), options, leaving.signal).then(
      (host) => {
        if (leaving.signal.aborted) return host.dispose();
        opened = host;
        const draft = takeDraft(id);
        if (draft) host.saver.restore(draft);
        setOpening({ kind: 'open', host });
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setOpening({ kind: 'failed', error });
      },
    );
    return () => {
      leaving.abort();
      if (opened) holdDocument(close(opened, id));
    };
  }, [workspace, id, startSession, whereabouts, attempt]);

  useEffect(() => connectJupyter().drive.setFile(stablePath(workspace, id), file), [workspace, id, file]);

  return { opening, retry: () => setAttempt((count) => count + 1) };
}
