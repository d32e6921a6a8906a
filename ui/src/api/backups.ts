/** Backups of the installation: when the last one was written. They are made by the command line and by a schedule. */
import { useQuery } from '@tanstack/react-query';
import { get } from './client';
import type { BackupStatus } from './schema';

export function useBackupStatus() {
  return useQuery({
    queryKey: ['backup-status'],
    queryFn: ({ signal }) => get<BackupStatus>('/backup-status', {}, signal),
  });
}
