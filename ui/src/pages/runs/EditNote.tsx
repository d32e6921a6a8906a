/** Asks for a run's note, which is its description. */
import { Field, Spinner, Textarea } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRun, useUpdateRun } from '../../api/runs';
import type { RunRow } from '../../api/schema';
import { ErrorState } from '../../parts/ErrorState';
import { FormDialog } from '../../parts/FormDialog';

interface Props {
  run: Pick<RunRow, 'run_id' | 'name'>;
  workspace: string;
  onClose: () => void;
}

export function EditNote({ run, workspace, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { data, error, refetch } = useRun(workspace, run.run_id);
  const update = useUpdateRun();
  const [typed, setTyped] = useState<string | null>(null);
  const note = typed ?? data?.description ?? '';
  const save = () => update.mutateAsync({ workspace, run: run.run_id, description: note });
  return (
    <FormDialog title={t('note.title', { name: run.name })} submitLabel={t('shell:save')} ready={data !== undefined} onSubmit={save} onClose={onClose}>
      {data ? (
        <Field label={t('note.label')} hint={t('note.hint')}>
          <Textarea autoFocus rows={8} value={note} onChange={(_, { value }) => setTyped(value)} />
        </Field>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Spinner />
      )}
    </FormDialog>
  );
}
