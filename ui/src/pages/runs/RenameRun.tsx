/** Asks for a run's new name. */
import { useTranslation } from 'react-i18next';
import { useUpdateRun } from '../../api/runs';
import type { RunRow } from '../../api/schema';
import { NameDialog } from '../../parts/NameDialog';

interface Props {
  run: Pick<RunRow, 'run_id' | 'name'>;
  workspace: string;
  onClose: () => void;
}

export function RenameRun({ run, workspace, onClose }: Props) {
  const { t } = useTranslation(['runs', 'shell']);
  const update = useUpdateRun();
  return (
    <NameDialog
      open
      title={t('rename')}
      submitLabel={t('shell:save')}
      initialName={run.name}
      withDescription={false}
      onSubmit={({ name }) => update.mutateAsync({ workspace, run: run.run_id, name })}
      onClose={onClose}
    />
  );
}
