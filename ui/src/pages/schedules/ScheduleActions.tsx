/** What can be done with a schedule: run it now, pause or resume it, change it, take it over, delete it. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import {
  DeleteRegular,
  EditRegular,
  MoreHorizontalRegular,
  PauseRegular,
  PersonSwapRegular,
  PlayCircleRegular,
  PlayRegular,
} from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useMe } from '../../api/me';
import { useDeleteSchedule, useRunSchedule, useUpdateSchedule } from '../../api/schedules';
import type { Schedule } from '../../api/schema';
import { useWorkspace } from '../../api/workspaces';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { atLeast } from '../../lib/roles';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ScheduleDialog } from './ScheduleDialog';

interface Props {
  schedule: Schedule;
  /** With words beside the icons. */
  wide?: boolean;
  onDeleted?: () => void;
}

/** Whether this person may control the schedule, and whether they may take it over. */
function useRights(schedule: Schedule): { control: boolean; takeOver: boolean } {
  const me = useMe().data?.user.id;
  const role = useWorkspace(schedule.workspace).data?.role;
  const mine = schedule.owner === me && atLeast(role, 'contributor');
  const control = mine || role === 'admin';
  const orphaned = schedule.problem.startsWith('owner') && atLeast(role, 'contributor');
  return { control, takeOver: !mine && (role === 'admin' || orphaned) };
}

export function ScheduleActions({ schedule, wide, onDeleted }: Props) {
  const { t } = useTranslation(['schedules', 'shell']);
  const { workspace, id, notebook_name: name } = schedule;
  const { control, takeOver } = useRights(schedule);
  const [open, setOpen] = useState<'change' | 'delete' | 'takeOver' | null>(null);
  const run = useRunSchedule();
  const update = useUpdateSchedule();
  const remove = useDeleteSchedule();
  const { notify } = useNotices();
  const failed = (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
  const rests = schedule.paused || schedule.problem !== '';
  const start = () =>
    run.mutate(
      { workspace, id },
      {
        onSuccess: (job) =>
          notify({
            intent: 'success',
            title: t('schedules:started', { name }),
            link: { label: t('schedules:open'), to: path`/workspaces/${workspace}/jobs/${job.id}` },
          }),
        onError: failed,
      },
    );
  const pause = () => update.mutate({ workspace, schedule: id, paused: !rests }, { onError: failed });
  if (!control && !takeOver) return null;
  const size = wide ? 'medium' : 'small';
  const pauseLabel = t(rests ? 'schedules:resume' : 'schedules:pause');
  const pauseIcon = rests ? <PlayRegular /> : <PauseRegular />;
  return (
    <span style={{ display: 'flex', gap: 4 }}>
      {control && (
        <Tooltip content={t('schedules:runNow')} relationship="description">
          <Button
            size={size}
            appearance={wide ? 'primary' : 'subtle'}
            icon={<PlayCircleRegular />}
            aria-label={wide ? undefined : t('schedules:runNamed', { name })}
            onClick={start}
          >
            {wide && t('schedules:runNow')}
          </Button>
        </Tooltip>
      )}
      {control && (
        <Tooltip content={pauseLabel} relationship="description">
          <Button
            size={size}
            appearance="subtle"
            icon={pauseIcon}
            aria-label={wide ? undefined : t(rests ? 'schedules:resumeNamed' : 'schedules:pauseNamed', { name })}
            onClick={pause}
          >
            {wide && pauseLabel}
          </Button>
        </Tooltip>
      )}
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Tooltip content={t('shell:more')} relationship="label">
            <Button size={size} appearance="subtle" icon={<MoreHorizontalRegular />} />
          </Tooltip>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {control && (
              <MenuItem icon={<EditRegular />} onClick={() => setOpen('change')}>
                {t('schedules:change')}
              </MenuItem>
            )}
            {takeOver && (
              <MenuItem icon={<PersonSwapRegular />} onClick={() => setOpen('takeOver')}>
                {t('schedules:takeOver')}
              </MenuItem>
            )}
            {control && (
              <MenuItem icon={<DeleteRegular />} onClick={() => setOpen('delete')}>
                {t('shell:delete')}
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {open === 'change' && (
        <ScheduleDialog workspace={workspace} notebook={schedule.notebook} name={name} schedule={schedule} onClose={() => setOpen(null)} />
      )}
      <ConfirmDialog
        open={open === 'takeOver'}
        title={t('schedules:takeOverTitle')}
        confirmLabel={t('schedules:takeOver')}
        onConfirm={() => update.mutateAsync({ workspace, schedule: id, take_over: true })}
        onClose={() => setOpen(null)}
      >
        {t('schedules:takeOverText', { owner: schedule.owner_name })}
      </ConfirmDialog>
      <ConfirmDialog
        open={open === 'delete'}
        title={t('schedules:deleteTitle', { name })}
        confirmLabel={t('shell:delete')}
        danger
        onConfirm={async () => {
          await remove.mutateAsync({ workspace, id });
          onDeleted?.();
        }}
        onClose={() => setOpen(null)}
      >
        {t('schedules:deleteText')}
      </ConfirmDialog>
    </span>
  );
}
