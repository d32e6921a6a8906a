/** How long a notebook's run took, counting while it runs. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../api/schema';
import { formatDuration } from '../../lib/format';

export function JobDuration({ job }: { job: Job }) {
  const { i18n } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  const counting = job.state === 'running';
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counting]);
  if (job.started_at === null) return <span>–</span>;
  const end = job.ended_at ?? Math.max(now, job.started_at);
  return <span className="hl-line">{formatDuration(end - job.started_at, i18n.language)}</span>;
}
