/** The notebook's session as the page sees and steers it. */
import { NotebookActions } from '@jupyterlab/notebook';
import { useCallback, useEffect } from 'react';
import { useInterruptSession, useKeepAlive, useRestartSession, useSessions, useStopSession } from '../../api/sessions';
import type { Notebook, Session } from '../../api/schema';
import type { NotebookHost } from './lab/notebookHost';
import { useSignals } from './lab/signals';
import { translator } from './lab/translator';
import { pillOf, type Pill } from './sessionState';

const POLL = 5000;

export interface SessionControl {
  session: Session | undefined;
  pill: Pill;
  /** A request of the person that is under way. */
  stopping: boolean;
  error: unknown;
  connect: () => void;
  interrupt: () => void;
  stop: () => void;
  restart: () => Promise<void>;
  restartAndRunAll: () => Promise<void>;
  keepAlive: () => void;
}

export function useSessionControl(host: NotebookHost, record: Notebook): SessionControl {
  const { link, runner, panel } = host;
  const { workspace } = record;
  const query = useSessions(POLL);
  // a run of the whole notebook has a session of its own
  const found = query.data?.find((session) => session.notebook === record.id && session.job === null);
  const known = query.data !== undefined;
  useSignals(link.changed, runner.changed);
  // Every answer is passed on, also one that says the same: the link disregards some while a session starts.
  const answeredAt = query.dataUpdatedAt;
  useEffect(() => {
    if (known) link.update(found);
  }, [link, known, found, answeredAt]);

  const stopping = useStopSession();
  const restarting = useRestartSession();
  const interrupting = useInterruptSession();
  const keeping = useKeepAlive();
  const session = link.session ?? found;

  const id = session?.id;
  const { mutate: interruptSession } = interrupting;
  const interrupt = useCallback(() => {
    runner.cancelWaiting();
    if (id) interruptSession({ workspace, session: id });
  }, [runner, id, workspace, interruptSession]);
  const restart = async () => {
    runner.cancelWaiting();
    link.dismiss();
    if (link.isAttached) await link.context.restartKernel();
    else {
      if (session && session.state !== 'dead') await restarting.mutateAsync({ workspace, session: session.id });
      await link.ensure();
    }
  };
  return {
    session,
    pill: pillOf({
      session,
      starting: link.startingSince !== null,
      attached: link.isAttached,
      connected: link.connected,
      kernelStatus: link.kernelStatus,
      running: runner.isBusy,
    }),
    stopping: stopping.isPending,
    error: link.error ?? stopping.error ?? interrupting.error,
    connect: () => void link.ensure().catch(() => undefined),
    interrupt,
    stop: () => {
      if (!session) return;
      runner.cancelWaiting();
      link.leave();
      stopping.mutate(
        { workspace, session: session.id },
        { onSuccess: () => link.update(undefined), onError: () => link.stay() },
      );
    },
    restart,
    restartAndRunAll: async () => {
      await restart();
      void NotebookActions.runAll(panel.content, panel.sessionContext, undefined, translator);
    },
    keepAlive: () => {
      if (session) keeping.mutate({ workspace, session: session.id });
    },
  };
}
