/** The saver of an open report: follows the server, saves before the page is left, and warns if it cannot. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { readReport, saveReport } from '../../api/reports';
import type { ReportPage } from '../../api/schema';
import { ApiError } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ReportSaver, type SaverState } from './saver';

export function useReportSaver(report: ReportPage): { saver: ReportSaver; state: SaverState } {
  const { t } = useTranslation('reports');
  const { notify } = useNotices();
  const client = useQueryClient();
  const { workspace, id } = report;
  const [saver] = useState(
    () =>
      new ReportSaver(report, {
        send: async (version, blocks) => {
          const saved = await saveReport({ workspace, report: id, version, blocks });
          client.setQueryData(['reports', workspace, id], saved);
          return saved;
        },
        read: () => readReport(workspace, id),
        isConflict: (error) => error instanceof ApiError && error.code === 'conflict',
        onJoined: (name) => notify({ intent: 'info', title: t('joined', { name }) }),
      }),
  );
  const state = useSyncExternalStore(saver.subscribe, saver.snapshot);
  useEffect(() => saver.receive(report), [saver, report]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (!saver.unsaved) return;
      void saver.flush();
      event.preventDefault();
    };
    const hidden = () => {
      if (document.visibilityState === 'hidden') void saver.flush();
    };
    window.addEventListener('beforeunload', warn);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      window.removeEventListener('beforeunload', warn);
      document.removeEventListener('visibilitychange', hidden);
      void saver.flush();
    };
  }, [saver]);
  return { saver, state };
}
