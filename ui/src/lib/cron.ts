/** Cron expressions that the schedule form can show as fields; others are edited as text. Pure. */

export type Plan =
  | { kind: 'hourly'; minute: number }
  | { kind: 'daily'; time: string }
  | { kind: 'weekly'; time: string; days: number[] }
  | { kind: 'monthly'; time: string; day: number };

const NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function numberOf(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** "1-5", "MON,WED", "0" -> days from Sunday 0; null for anything else. */
function daysOf(text: string): number[] | null {
  const days = new Set<number>();
  for (const part of text.toUpperCase().split(',')) {
    const [first = '', last = first, ...rest] = part.split('-').map((name) => (NAMES.includes(name) ? String(NAMES.indexOf(name)) : name));
    const from = numberOf(first, 0, 7);
    const to = numberOf(last, 0, 7);
    if (from === null || to === null || rest.length > 0 || to < from) return null;
    for (let day = from; day <= to; day += 1) days.add(day % 7);
  }
  return [...days].sort((a, b) => a - b);
}

/** The fields of a cron expression; null where it says more than they can. */
export function readCron(cron: string): Plan | null {
  const [minutes = '', hours = '', day = '', month = '', weekday = '', ...rest] = cron.trim().split(/\s+/);
  const minute = numberOf(minutes, 0, 59);
  if (minute === null || month !== '*' || rest.length > 0) return null;
  if (hours === '*') return day === '*' && weekday === '*' ? { kind: 'hourly', minute } : null;
  const hour = numberOf(hours, 0, 23);
  if (hour === null) return null;
  const time = `${twoDigits(hour)}:${twoDigits(minute)}`;
  if (day === '*' && weekday === '*') return { kind: 'daily', time };
  if (day === '*') {
    const days = daysOf(weekday);
    return days && { kind: 'weekly', time, days };
  }
  const date = numberOf(day, 1, 31);
  return weekday === '*' && date !== null ? { kind: 'monthly', time, day: date } : null;
}

export function writeCron(plan: Plan): string {
  if (plan.kind === 'hourly') return `${plan.minute} * * * *`;
  const [hour = '0', minute = '0'] = plan.time.split(':');
  const at = `${Number(minute)} ${Number(hour)}`;
  if (plan.kind === 'daily') return `${at} * * *`;
  if (plan.kind === 'monthly') return `${at} ${plan.day} * *`;
  return `${at} * * ${plan.days.join(',')}`;
}

export type Unit = 'minutes' | 'hours' | 'days';
export const UNIT_SECONDS: Record<Unit, number> = { minutes: 60, hours: 3_600, days: 86_400 };

/** The largest unit in which an interval is a whole number; null for seconds. */
export function readInterval(seconds: number): { count: number; unit: Unit } | null {
  const units: Unit[] = ['days', 'hours', 'minutes'];
  const unit = units.find((one) => seconds % UNIT_SECONDS[one] === 0);
  return unit ? { count: seconds / UNIT_SECONDS[unit], unit } : null;
}

/** A parameter as it is typed: numbers, true and false are such, everything else is text, "7" in quotes too. */
export function readParameter(text: string): boolean | number | string {
  const value = text.trim();
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(value) && Number.isFinite(Number(value))) return Number(value);
  if (/^"[^"\\]*"$/.test(value)) return value.slice(1, -1);
  return text;
}

/** The text from which `readParameter` reads the value. */
export function writeParameter(value: boolean | number | string): string {
  if (typeof value !== 'string') return String(value);
  return readParameter(value) === value ? value : `"${value}"`;
}
