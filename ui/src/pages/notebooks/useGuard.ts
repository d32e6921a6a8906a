/** Save when the person looks away; take over what others saved when they come back; warn before work is thrown away. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../../lib/notices';
import type { Saver } from './lab/saver';
import { isUnsaved } from './saving';

export function useGuard(saver: Saver): void {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
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
      if (await saver.refresh()) notify({ intent: 'info', title: t('save.refreshed') });
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
  }, [saver, notify, t]);
}
