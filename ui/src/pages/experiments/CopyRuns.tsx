/** Copy runs, and those below them, to another experiment of the workspace. */
import { useTranslation } from 'react-i18next';
import { itemPath } from '../../api/items';
import { useCopyRuns, useDeleteRuns } from '../../api/runs';
import type { ExperimentView } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { FormDialog } from '../../parts/FormDialog';
import { useTargetExperiment } from './useTargetExperiment';

interface Props {
  experiment: ExperimentView;
  runs: string[];
  onClose: () => void;
}

export function CopyRuns({ experiment, runs, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'runs']);
  const { workspace } = experiment;
  const { notify } = useNotices();
  const { mutateAsync: copy } = useCopyRuns();
  const { mutateAsync: remove } = useDeleteRuns();
  const { target, name, field } = useTargetExperiment(experiment);
  const submit = async () => {
    const { runs: copies, models, traces_left: traces } = await copy({ workspace, runs, experiment: target });
    const back = () => {
      remove({ workspace, runs: copies, models: true }).then(
        () => notify({ intent: 'success', title: t('bulk.undone') }),
        (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
      );
    };
    notify({
      intent: 'success',
      title: t('bulk.copy.done', { count: copies.length, name }),
      body: [models.length > 0 && t('bulk.copy.models', { count: models.length }), traces > 0 && t('bulk.copy.traces', { count: traces })].filter(Boolean).join(' ') || undefined,
      link: { label: t('bulk.move.open', { name }), to: itemPath({ kind: 'experiment', id: target, workspace }) },
      action: { label: t('runs:undo'), run: back },
    });
  };
  return (
    <FormDialog title={t('bulk.copy.title', { count: runs.length })} submitLabel={t('bulk.copy.submit')} ready={target !== ''} onSubmit={submit} onClose={onClose}>
      {field}
      <p style={{ margin: 0 }}>{t('bulk.copy.what')}</p>
    </FormDialog>
  );
}
