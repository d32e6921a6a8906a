/** A schedule as its form holds it: texts that are being typed. Pure. */
import type { When } from '../../api/schedules';
import type { CreateSchedule, Schedule } from '../../api/schema';
import { readCron, readInterval, readParameter, UNIT_SECONDS, writeCron, writeParameter, type Unit } from '../../lib/cron';

export const KINDS = ['interval', 'hourly', 'daily', 'weekly', 'monthly', 'cron'] as const;
export type Kind = (typeof KINDS)[number];

/** A parameter as it is typed. */
export interface TypedParameter {
  name: string;
  value: string;
}

export interface Draft {
  kind: Kind;
  count: string;
  unit: Unit;
  minute: string;
  time: string;
  days: number[];
  day: string;
  cron: string;
  timezone: string;
  parameters: TypedParameter[];
  /** The id of an environment, "none" for the built-in packages, or empty for the notebook's. */
  environment: string;
  /** The ids of a Spark engine and of a capacity; empty for those of the notebook. */
  engine: string;
  capacity: string;
  retries: string;
  retryMinutes: string;
  maxMinutes: string;
  skipIfRunning: boolean;
  catchUp: boolean;
  notify: boolean;
  webhook: string;
}

export function newDraft(timezone: string): Draft {
  return {
    kind: 'daily',
    count: '1',
    unit: 'hours',
    minute: '0',
    time: '06:00',
    days: [1],
    day: '1',
    cron: '0 6 * * *',
    timezone,
    parameters: [],
    environment: '',
    engine: '',
    capacity: '',
    retries: '0',
    retryMinutes: '1',
    maxMinutes: '0',
    skipIfRunning: true,
    catchUp: false,
    notify: true,
    webhook: '',
  };
}

export function draftOf(schedule: Schedule): Draft {
  const plan = schedule.every_seconds ? null : readCron(schedule.cron);
  const interval = schedule.every_seconds ? readInterval(schedule.every_seconds) : null;
  return {
    ...newDraft(schedule.timezone),
    kind: schedule.every_seconds ? 'interval' : (plan?.kind ?? 'cron'),
    ...(interval ? { count: String(interval.count), unit: interval.unit } : {}),
    ...(plan?.kind === 'hourly' ? { minute: String(plan.minute) } : {}),
    ...(plan && plan.kind !== 'hourly' ? { time: plan.time } : {}),
    ...(plan?.kind === 'weekly' ? { days: plan.days } : {}),
    ...(plan?.kind === 'monthly' ? { day: String(plan.day) } : {}),
    cron: schedule.cron || '0 6 * * *',
    parameters: Object.entries(schedule.parameters).map(([name, value]) => ({ name, value: writeParameter(value) })),
    environment: schedule.environment,
    engine: schedule.engine,
    capacity: schedule.capacity,
    retries: String(schedule.retries),
    retryMinutes: String(Math.max(1, Math.round(schedule.retry_delay / 60))),
    maxMinutes: String(schedule.max_minutes),
    skipIfRunning: schedule.skip_if_running,
    catchUp: schedule.catch_up,
    notify: schedule.notify,
    webhook: schedule.webhook_url,
  };
}

function cronOf(draft: Draft): string {
  const { time } = draft;
  if (draft.kind === 'hourly') return writeCron({ kind: 'hourly', minute: Number(draft.minute) });
  if (draft.kind === 'daily') return writeCron({ kind: 'daily', time });
  if (draft.kind === 'weekly') return writeCron({ kind: 'weekly', time, days: draft.days });
  if (draft.kind === 'monthly') return writeCron({ kind: 'monthly', time, day: Number(draft.day) });
  return draft.cron.trim();
}

export function whenOf(draft: Draft): When {
  const interval = draft.kind === 'interval';
  return {
    cron: interval ? '' : cronOf(draft),
    every_seconds: interval ? Math.round(Number(draft.count) * UNIT_SECONDS[draft.unit]) || 0 : 0,
    timezone: draft.timezone,
  };
}

export type ScheduleValues = Omit<CreateSchedule, 'workspace' | 'notebook'>;

export function valuesOf(draft: Draft): ScheduleValues {
  return {
    ...whenOf(draft),
    parameters: readParameters(draft.parameters),
    environment: draft.environment,
    engine: draft.engine,
    capacity: draft.capacity,
    retries: Number(draft.retries) || 0,
    retry_delay: Math.round((Number(draft.retryMinutes) || 1) * 60),
    max_minutes: Number(draft.maxMinutes) || 0,
    skip_if_running: draft.skipIfRunning,
    catch_up: draft.catchUp,
    notify: draft.notify,
    webhook_url: draft.webhook.trim(),
  };
}

/** The values that are sent; lines without a name are left out. */
export function readParameters(parameters: readonly TypedParameter[]): Record<string, boolean | number | string> {
  const named = parameters.filter(({ name }) => name.trim());
  return Object.fromEntries(named.map(({ name, value }) => [name.trim(), readParameter(value)]));
}
