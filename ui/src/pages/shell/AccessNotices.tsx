/** Tells by the bell who asks for access to a workspace that one manages, once in each browser. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWaitingRequests } from '../../api/accessRequests';
import { path } from '../../api/client';
import { useNotices } from '../../lib/notices';

const STORED = 'handloom.access.told';

function told(): number {
  const stored = Number(localStorage.getItem(STORED));
  return Number.isFinite(stored) ? stored : 0;
}

export function AccessNotices() {
  const { t } = useTranslation('people');
  const { notify } = useNotices();
  const [since, setSince] = useState(told);
  const { data } = useWaitingRequests(since);
  useEffect(() => {
    if (!data?.length) return;
    const last = Math.max(...data.map((request) => request.asked_at));
    if (last <= told()) return; // another tab has told it
    localStorage.setItem(STORED, String(last));
    setSince(last);
    for (const request of data) {
      notify({
        intent: 'info',
        title: t('requests.notice', { name: request.display_name, workspace: request.workspace_name }),
        body: request.note,
        link: { label: t('access.title'), to: `${path`/workspaces/${request.workspace}`}?access=open` },
      });
    }
  }, [data, notify, t]);
  return null;
}
