/** The bell: what has happened since the page was opened, newest first, each with its link. */
import { Button, CounterBadge, Link, Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import {
  AlertRegular,
  CheckmarkCircleRegular,
  ErrorCircleRegular,
  InfoRegular,
  WarningRegular,
} from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useNotices } from '../../lib/notices';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './Bell.module.css';

const ICONS = {
  info: <InfoRegular fontSize={20} />,
  success: <CheckmarkCircleRegular fontSize={20} color="var(--colorStatusSuccessForeground1)" />,
  warning: <WarningRegular fontSize={20} color="var(--colorStatusWarningForeground1)" />,
  error: <ErrorCircleRegular fontSize={20} color="var(--colorStatusDangerForeground1)" />,
};

export function Bell() {
  const { t } = useTranslation('shell');
  const { list, unread, markRead, clear } = useNotices();
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  return (
    <Popover
      open={open}
      trapFocus
      positioning="below-end"
      onOpenChange={(_, data) => {
        setOpen(data.open);
        if (data.open) markRead();
      }}
    >
      <PopoverTrigger>
        <Button
          appearance="subtle"
          icon={
            <span style={{ position: 'relative', display: 'flex' }}>
              <AlertRegular />
              {unread > 0 && (
                <CounterBadge
                  count={unread}
                  overflowCount={9}
                  size="small"
                  style={{ position: 'absolute', top: -6, right: -8 }}
                />
              )}
            </span>
          }
          aria-label={unread ? t('bell.unread', { count: unread }) : t('bell.label')}
          title={t('bell.label')}
        />
      </PopoverTrigger>
      <PopoverSurface className={styles.notices} aria-label={t('bell.label')}>
        <div className={styles.noticesHead}>
          {t('bell.label')}
          {list.length > 0 && (
            <Button appearance="subtle" size="small" onClick={clear}>
              {t('bell.clear')}
            </Button>
          )}
        </div>
        {list.length ? (
          <ul>
            {list.map((notice) => {
              const { link } = notice;
              return (
                <li key={notice.id}>
                  {ICONS[notice.intent]}
                  <div className={styles.noticeWords}>
                    <span>{notice.title}</span>
                    {notice.body && <span className={styles.faint}>{notice.body}</span>}
                    {link && (
                      <Link
                        as="button"
                        onClick={() => {
                          setOpen(false);
                          void navigate(link.to);
                        }}
                      >
                        {link.label}
                      </Link>
                    )}
                    <span className={styles.faint}>
                      <RelativeTime at={notice.at} />
                    </span>
                  </div>
                </li>
              );
            })}
          </ul>
        ) : (
          <p className={styles.none}>{t('bell.none')}</p>
        )}
      </PopoverSurface>
    </Popover>
  );
}
