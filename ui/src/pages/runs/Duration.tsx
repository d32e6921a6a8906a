/** How long a run took, counting while it runs. */
import { useEffect, useState } from 'react';
import type { RunRow } from '../../api/schema';
import { formatDuration } from '../../lib/format';
import { useLanguage } from '../../lib/language';

export function Duration({ run }: { run: Pick<RunRow, 'start_time' | 'end_time' | 'status'> }) {
  const language = useLanguage();
  const [now, setNow] = useState(() => Date.now());
  const counting = run.end_time === null && run.status === 'RUNNING';
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counting]);
  if (run.end_time === null && !counting) return <span>–</span>;
  const end = run.end_time ?? Math.max(now, run.start_time);
  return <span className="hl-line">{formatDuration(end - run.start_time, language)}</span>;
}
