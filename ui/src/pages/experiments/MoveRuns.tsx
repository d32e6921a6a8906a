/** Move runs, and those below them, to another experiment of the workspace. */
import { useTranslation } from 'react-i18next';
import { itemPath } from '../../api/items';
import { useMoveRuns } from '../../api/runs';
import type { ExperimentView } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { FormDialog } from '../../parts/FormDialog';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useTargetExperiment } from './useTargetExperiment';

interface Props {
  experiment: ExperimentView;
  runs: string[];
  onMoved: () => void;
  onClose: () => void;
}

export function MoveRuns({ experiment, runs, onMoved, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'runs']);
  const { workspace } = experiment;
  const { notify } = useNotices();
  const { mutateAsync: move } = useMoveRuns();
  const { target, name, field } = useTargetExperiment(experiment);
  const submit = async () => {
    const { moved } = await move({ workspace, runs, experiment: target });
    onMoved();
    const back = () => {
      // Runs below the selected ones may have come from other experiments than this one.
      const homes = [...new Set(moved.map((one) => one.experiment))];
      Promise.all(homes.map((home) => move({ workspace, experiment: home, alone: true, runs: moved.filter((one) => one.experiment === home).map((one) => one.run) }))).then(
        () => notify({ intent: 'success', title: t('bulk.undone') }),
        (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
      );
    };
    notify({
      intent: 'success',
      title: t('bulk.move.done', { count: moved.length, name }),
      link: { label: t('bulk.move.open', { name }), to: itemPath({ kind: 'experiment', id: target, workspace }) },
      action: { label: t('runs:undo'), run: back },
    });
  };
  return (
    <FormDialog title={t('bulk.move.title', { count: runs.length })} submitLabel={t('bulk.move.submit')} ready={target !== ''} onSubmit={submit} onClose={onClose}>
      {field}
      <p style={{ margin: 0 }}>{t('bulk.move.what')}</p>
    </FormDialog>
  );
}
