/** What the session pill says. Pure. */
import type { Session } from '../../api/schema';

export type Pill = 'none' | 'queued' | 'starting' | 'reconnecting' | 'ready' | 'busy' | 'dead';

interface Seen {
  session: Session | undefined;
  starting: boolean;
  attached: boolean;
  connected: boolean;
  kernelStatus: string;
  running: boolean;
}

export function pillOf({ session, starting, attached, connected, kernelStatus, running }: Seen): Pill {
  if (session?.state === 'queued') return 'queued';
  if (starting) return 'starting';
  if (!session) return 'none';
  if (session.state === 'dead') return 'dead';
  if (session.state === 'starting' || kernelStatus === 'restarting' || kernelStatus === 'starting') return 'starting';
  if (attached && !connected) return 'reconnecting';
  if (attached ? kernelStatus === 'busy' || running : session.state === 'busy') return 'busy';
  return 'ready';
}

/** Milliseconds until an idle session ends; null while it works or never ends. */
export function idleLeft(session: Session, busy: boolean, now: number): number | null {
  if (busy || session.timeout <= 0 || session.state === 'dead' || session.state === 'queued') return null;
  return Math.max(0, session.last_activity + session.timeout * 60_000 - now);
}

/** "19:40", "1:05:00". */
export function countdown(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
