/** Save when the page is hidden, load changes that others saved, and warn before unsaved work is lost. */
import { useCallback, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../../lib/notices';
import { saveBeforeReplacing } from '../../lib/pictures';
import type { Saver } from './lab/saver';
import { isUnsaved } from './saving';

/** `modifiedAt` is the time of the file, as the server reports it when somebody has saved. */
export function useGuard(saver: Saver, modifiedAt: number): void {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const refresh = useCallback(async () => {
    if (await saver.refresh()) notify({ intent: 'info', title: t('save.refreshed') });
  }, [saver, notify, t]);
  useEffect(() => void refresh(), [refresh, modifiedAt]);
  useEffect(() => saveBeforeReplacing(() => saver.save()), [saver]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (isUnsaved(saver.state) && saver.state.kind !== 'gone') {
        void saver.save();
        event.preventDefault();
      }
    };
    const away = () => void saver.save();
    const back = async () => {
      if (document.visibilityState === 'hidden') return away();
      await refresh();
    };
    const seen = () => void back();
    window.addEventListener('beforeunload', warn);
    window.addEventListener('blur', away);
    window.addEventListener('focus', seen);
    document.addEventListener('visibilitychange', seen);
    return () => {
      window.removeEventListener('beforeunload', warn);
      window.removeEventListener('blur', away);
      window.removeEventListener('focus', seen);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [saver, refresh]);
}
