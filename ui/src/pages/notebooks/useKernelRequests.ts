/** Requests to the kernel of a notebook's session, for as long as a part of the page is shown. */
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { KernelRequests } from './lab/kernelRequests';
import type { NotebookHost } from './lab/notebookHost';
import { useSignals } from './lab/signals';

/** Null where the session does not run, or `key` is null. `key` tells the kernel what the requests are about. */
export function useKernelRequests(host: NotebookHost, target: string, key: string | null): KernelRequests | null {
  const { t } = useTranslation('notebooks');
  const { link } = host;
  useSignals(link.changed);
  const kernel = key !== null && link.isAttached ? link.context.session?.kernel : null;
  const ended = t('frame.ended');
  const requests = useMemo(
    () => (kernel && key !== null ? new KernelRequests(kernel, target, { key }, ended) : null),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- another language does not end a request
    [kernel, key, target],
  );
  useEffect(() => () => requests?.dispose(), [requests]);
  return requests;
}
