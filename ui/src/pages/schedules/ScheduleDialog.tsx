/** Creates a schedule of a notebook, or changes one. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateSchedule, useScheduleTimes, useUpdateSchedule } from '../../api/schedules';
import type { Schedule } from '../../api/schema';
import { FormDialog } from '../../parts/FormDialog';
import { draftOf, newDraft, valuesOf, whenOf } from './draft';
import { ScheduleFields } from './ScheduleFields';

interface Props {
  workspace: string;
  notebook: string;
  name: string;
  /** The one to change; null for a new one. */
  schedule: Schedule | null;
  onClose: () => void;
}

export function ScheduleDialog({ workspace, notebook, name, schedule, onClose }: Props) {
  const { t } = useTranslation(['schedules', 'shell']);
  const [draft, setDraft] = useState(() =>
    schedule ? draftOf(schedule) : newDraft(new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'),
  );
  const { data: times, error } = useScheduleTimes(whenOf(draft));
  const create = useCreateSchedule();
  const update = useUpdateSchedule();
  const save = () => {
    const values = valuesOf(draft);
    if (schedule) return update.mutateAsync({ workspace, schedule: schedule.id, ...values });
    return create.mutateAsync({ workspace, notebook, ...values });
  };
  return (
    <FormDialog
      title={t(schedule ? 'schedules:form.change' : 'schedules:form.new', { name })}
      submitLabel={t(schedule ? 'shell:save' : 'schedules:form.create')}
      ready={times !== undefined && !error}
      onSubmit={save}
      onClose={onClose}
    >
      <ScheduleFields workspace={workspace} draft={draft} onChange={(changes) => setDraft((old) => ({ ...old, ...changes }))} />
    </FormDialog>
  );
}
