/** The areas of the audit log, the fields of an entry's detail, and links to what an entry is about. */

export const AREAS = [
  'sign_in',
  'user',
  'group',
  'token',
  'workspace',
  'member',
  'server',
  'capacity',
  'environment',
  'mount',
  'table',
  'file',
  'webhook',
  'notebook',
  'schedule',
  'session',
  'experiment',
  'folder',
  'report',
  'run',
  'comment',
  'retention',
  'trace',
  'artifact',
  'model',
  'version',
  'alias',
  'dataset',
  'scorer',
] as const;
export type AuditArea = (typeof AREAS)[number];

export function isArea(text: string): text is AuditArea {
  return AREAS.some((area) => area === text);
}

export const DETAILS = [
  'admin',
  'alias',
  'artifacts_mb',
  'autolog',
  'capacity',
  'claim',
  'cores',
  'cron',
  'days',
  'disabled',
  'display_name',
  'enabled',
  'engine',
  'environment',
  'expires_in_days',
  'files_mb',
  'gpus',
  'group',
  'idle_minutes',
  'keep_tags',
  'items',
  'memory_mb',
  'minutes',
  'name',
  'new_name',
  'notebooks',
  'paused',
  'processes',
  'requirements',
  'resolved',
  'role',
  'runs',
  'schema',
  'sessions',
  'sessions_per_person',
  'stage',
  'status',
  'successor',
  'version',
] as const;
type Detail = (typeof DETAILS)[number];

export function isDetail(text: string): text is Detail {
  return DETAILS.some((detail) => detail === text);
}
