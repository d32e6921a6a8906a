/** Tells by the bell of runs that a rule of the person noticed, once in each browser. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useRunNotices } from '../../api/notices';
import type { RunNotice } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { useNotices } from '../../lib/notices';

const STORED = 'handloom.runs.told';

/** The time up to which this browser has told everything; its first visit begins with what comes from then on. */
function told(): number {
  const stored = Number(localStorage.getItem(STORED));
  if (Number.isFinite(stored) && stored > 0) return stored;
  const now = Date.now();
  localStorage.setItem(STORED, String(now));
  return now;
}

/** What is told as bad: a failure. */
function intentOf({ rule, status }: RunNotice): 'error' | 'info' {
  return rule.kind !== 'metric' && status === 'FAILED' ? 'error' : 'info';
}

export function RunNotices() {
  const { t, i18n } = useTranslation('runs');
  const { notify } = useNotices();
  const [since, setSince] = useState(told);
  const { data } = useRunNotices(since);
  useEffect(() => {
    if (!data?.notices.length) return;
    const last = Math.max(...data.notices.map((one) => one.at));
    const before = told();
    if (last <= before) return; // another tab has told it
    localStorage.setItem(STORED, String(last));
    setSince(last);
    for (const one of data.notices.filter(({ at }) => at > before).reverse()) {
      const { rule } = one;
      const number = (value: number | null) => formatNumber(value, i18n.language);
      notify({
        intent: intentOf(one),
        title: t(rule.kind === 'metric' ? `notice.${rule.direction}` : one.status === 'FAILED' ? 'notice.failed' : 'notice.ended', {
          name: one.run_name,
          metric: rule.metric,
          value: number(rule.value),
          reached: number(one.reached),
        }),
        body: one.experiment_name,
        link: { label: t('notice.open'), to: `${path`/workspaces/${one.workspace}/experiments/${one.experiment}`}?view=details&run=${one.run_id}` },
      });
    }
  }, [data, i18n.language, notify, t]);
  return null;
}
