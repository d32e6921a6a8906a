/** The line under a cell, in words. Pure. */
import type { TFunction } from 'i18next';
import { formatDuration, formatTime } from '../../../lib/format';
import { elapsed, hasEnded, type CellRun } from '../runs';

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function when(at: number, now: number, language: string): string {
  const time = formatTime(at, language);
  if (sameDay(at, now)) return time;
  return `${new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(at)} ${time}`;
}

/** The parts of the line: what happened and how long, the session's start, who and when. */
export function statusParts(run: CellRun, now: number, me: string, t: TFunction<'notebooks'>, language: string): string[] {
  const state = t(`status.${run.state}`);
  const took = run.endedAt !== null && run.startedAt === null ? '' : formatDuration(elapsed(run, now), language);
  if (!hasEnded(run)) return [run.state === 'queued' ? state : `${state} ${took}`];
  const parts = [took ? `${state} ${took}` : state];
  if (run.why) parts.push(run.why);
  if (run.sessionReadyIn !== null) {
    parts.push(t('status.sessionReady', { time: formatDuration(run.sessionReadyIn, language) }));
  }
  const who = run.by === me ? t('status.you') : run.by;
  const at = when(run.endedAt ?? now, now, language);
  parts.push(who ? `${who}, ${at}` : at);
  return parts;
}
