/** Tells a schedule's owner by the bell of runs that failed or were missed, once in each browser. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useScheduleNotices } from '../../api/schedules';
import { useNotices } from '../../lib/notices';
import { useReason } from '../schedules/JobState';

const STORED = 'handloom.schedules.told';

/** The time up to which this browser has told everything; its first visit begins with what comes from then on. */
function told(): number {
  const stored = Number(localStorage.getItem(STORED));
  if (Number.isFinite(stored) && stored > 0) return stored;
  const now = Date.now();
  localStorage.setItem(STORED, String(now));
  return now;
}

export function ScheduleNotices() {
  const { t } = useTranslation('schedules');
  const { notify } = useNotices();
  const reason = useReason();
  const [since, setSince] = useState(told);
  const { data } = useScheduleNotices(since);
  useEffect(() => {
    if (!data?.jobs.length) return;
    const last = Math.max(...data.jobs.map((job) => job.ended_at ?? 0));
    if (last <= told()) return; // another tab has told it
    localStorage.setItem(STORED, String(last));
    setSince(last);
    for (const job of data.jobs) {
      notify({
        intent: job.state === 'failed' ? 'error' : 'warning',
        title: t(`notice.${job.state === 'failed' || job.state === 'missed' ? job.state : 'skipped'}`, { name: job.notebook_name }),
        body: reason(job),
        link: { label: t('open'), to: path`/workspaces/${job.workspace}/jobs/${job.id}` },
      });
    }
  }, [data, notify, reason, t]);
  return null;
}
