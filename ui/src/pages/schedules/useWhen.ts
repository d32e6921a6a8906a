/** When a schedule runs, in words: "Every day at 06:00 (Asia/Seoul)". */
import { useTranslation } from 'react-i18next';
import type { When } from '../../api/schedules';
import { readCron, readInterval } from '../../lib/cron';

/** A Sunday, so that the days of a week can be named. */
const SUNDAY = Date.UTC(2023, 0, 1);
const DAY = 86_400_000;
const WORKDAYS = '1,2,3,4,5';

export function dayName(day: number, language: string, width: 'long' | 'short' = 'long'): string {
  return new Intl.DateTimeFormat(language, { weekday: width, timeZone: 'UTC' }).format(SUNDAY + day * DAY);
}

function clock(time: string, language: string): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const format = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' });
  return format.format(SUNDAY + (hour * 60 + minute) * 60_000);
}

export function useWhen() {
  const { t, i18n } = useTranslation('schedules');
  const language = i18n.language;
  return ({ cron, every_seconds, timezone }: When): string => {
    if (every_seconds) {
      const interval = readInterval(every_seconds);
      if (!interval) return t('when.seconds', { count: every_seconds });
      if (interval.count === 1) return t(`when.each.${interval.unit}`);
      return t(`when.${interval.unit}`, { count: interval.count });
    }
    const plan = readCron(cron);
    const words = () => {
      if (!plan) return t('when.cron', { cron });
      if (plan.kind === 'hourly') return t('when.hourly', { minute: String(plan.minute).padStart(2, '0') });
      const time = clock(plan.time, language);
      if (plan.kind === 'daily') return t('when.daily', { time });
      if (plan.kind === 'monthly') return t('when.monthly', { day: plan.day, time });
      if (plan.days.join(',') === WORKDAYS) return t('when.workdays', { time });
      const days = new Intl.ListFormat(language, { type: 'conjunction' }).format(plan.days.map((day) => dayName(day, language)));
      return t('when.weekly', { days, time });
    };
    return t('when.inZone', { when: words(), zone: timezone });
  };
}
