/** Notifications: a toast for eight seconds, then an entry in the bell's list. */
import {
  Link,
  Toast,
  ToastBody,
  Toaster,
  ToastFooter,
  ToastTitle,
  ToastTrigger,
  useId,
  useToastController,
} from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type MouseEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

export interface NoticeInput {
  intent: 'info' | 'success' | 'warning' | 'error';
  title: string;
  body?: string;
  link?: { label: string; to: string };
  /** Action of the toast, such as Undo. Not available in the bell's list. */
  action?: { label: string; run: () => void };
}

export interface Notice extends NoticeInput {
  id: number;
  at: number;
}

interface Notices {
  /** Newest first, at most 50. */
  list: Notice[];
  unread: number;
  notify: (notice: NoticeInput) => void;
  markRead: () => void;
  clear: () => void;
}

const KEPT = 50;
const STORED = 'handloom.notices';

function isNotice(value: unknown): value is Notice {
  return typeof value === 'object' && value !== null && 'id' in value && 'at' in value && 'title' in value && typeof value.title === 'string';
}

/** Notifications of this tab before a reload; actions such as Undo are lost. */
export function readNotices(text: string | null): { list: Notice[]; unread: number } {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null && 'list' in value && Array.isArray(value.list) && 'unread' in value) {
      return { list: value.list.filter(isNotice).slice(0, KEPT), unread: Number(value.unread) || 0 };
    }
  } catch {
    // Nothing stored, or not in our format.
  }
  return { list: [], unread: 0 };
}

const NoticesContext = createContext<Notices>({
  list: [],
  unread: 0,
  notify: () => undefined,
  markRead: () => undefined,
  clear: () => undefined,
});

export function useNotices(): Notices {
  return useContext(NoticesContext);
}

/** A click in a toast leaves the keys where the person works: a toast that closes with them would hand them to the next toast. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

function NoticeToast({ notice }: { notice: NoticeInput }) {
  const { t } = useTranslation('shell');
  const navigate = useNavigate();
  const { link, action } = notice;
  return (
    <Toast>
      <ToastTitle
        action={
          <ToastTrigger>
            <Link as="button" onMouseDown={keepFocus} aria-label={t('close')}>
              <DismissRegular />
            </Link>
          </ToastTrigger>
        }
      >
        {notice.title}
      </ToastTitle>
      {notice.body && <ToastBody>{notice.body}</ToastBody>}
      {action && (
        <ToastFooter>
          <ToastTrigger>
            <Link as="button" onMouseDown={keepFocus} onClick={action.run}>
              {action.label}
            </Link>
          </ToastTrigger>
        </ToastFooter>
      )}
      {link && (
        <ToastFooter>
          <ToastTrigger>
            <Link as="button" onMouseDown={keepFocus} onClick={() => void navigate(link.to)}>
              {link.label}
            </Link>
          </ToastTrigger>
        </ToastFooter>
      )}
    </Toast>
  );
}

/** Must stand inside the router: a notice's link is one of our pages. */
export function NoticesProvider({ children }: { children: ReactNode }) {
  const toaster = useId('notices');
  const { dispatchToast } = useToastController(toaster);
  const [kept] = useState(() => readNotices(sessionStorage.getItem(STORED)));
  const [list, setList] = useState(kept.list);
  const [unread, setUnread] = useState(kept.unread);
  useEffect(() => {
    const lasting = list.map(({ action: _, ...notice }) => notice);
    sessionStorage.setItem(STORED, JSON.stringify({ list: lasting, unread }));
  }, [list, unread]);

  const notify = useCallback(
    (notice: NoticeInput) => {
      const kept = { ...notice, at: Date.now() };
      setList((old) => [{ ...kept, id: (old[0]?.id ?? 0) + 1 }, ...old].slice(0, KEPT));
      setUnread((count) => count + 1);
      dispatchToast(<NoticeToast notice={notice} />, {
        intent: notice.intent,
        timeout: 8000,
        pauseOnHover: true,
        pauseOnWindowBlur: true,
      });
    },
    [dispatchToast],
  );
  const markRead = useCallback(() => setUnread(0), []);
  const clear = useCallback(() => {
    setList([]);
    setUnread(0);
  }, []);
  const value = useMemo(() => ({ list, unread, notify, markRead, clear }), [list, unread, notify, markRead, clear]);

  return (
    <NoticesContext.Provider value={value}>
      {children}
      <Toaster toasterId={toaster} position="top-end" offset={{ vertical: 152, horizontal: 16 }} limit={4} />
    </NoticesContext.Provider>
  );
}
