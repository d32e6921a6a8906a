/** When a schedule runs next; or that it is paused, or why it has stopped. */
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../api/schema';
import styles from './NextTime.module.css';

export function NextTime({ schedule }: { schedule: Schedule }) {
  const { t, i18n } = useTranslation('schedules');
  if (schedule.problem) {
    const reason = t(`reason.${schedule.problem}`);
    return (
      <span className={`${styles.warn} hl-line`} title={reason}>
        {reason}
      </span>
    );
  }
  if (schedule.paused) return <span className={styles.quiet}>{t('paused')}</span>;
  if (schedule.next_at === null) return <span>–</span>;
  const short = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  const long = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full', timeStyle: 'long' });
  return (
    <span className="hl-line" title={long.format(schedule.next_at)}>
      {short.format(schedule.next_at)}
    </span>
  );
}
