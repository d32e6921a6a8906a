/** Save a comparison under a name where others find it: among the views of the first experiment that it is of. */
import { useTranslation } from 'react-i18next';
import { useItems } from '../../api/items';
import { useSaveView, useViews } from '../../api/views';
import { useWorkspaces } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { NameDialog } from '../../parts/NameDialog';
import { acrossPath, acrossSearch } from '../experiments/viewSearch';
import type { PickedExperiment } from './address';

interface Props {
  name: string;
  home: PickedExperiment;
  search: URLSearchParams;
  onSaved: (name: string) => void;
  onClose: () => void;
}

export function SaveComparison({ name, home: { workspace, experiment }, search, onSaved, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { notify } = useNotices();
  const { mutateAsync: save } = useSaveView();
  const views = useViews(workspace, experiment).data ?? [];
  const place = {
    workspace: useWorkspaces().data?.find((one) => one.id === workspace)?.name ?? workspace,
    experiment: useItems(workspace).data?.find((one) => one.kind === 'experiment' && one.id === experiment)?.name ?? experiment,
  };
  // Saved again under its name, it is the same comparison with other runs.
  const own = views.find((view) => view.name === name && acrossPath(view.name, view.search));
  return (
    <NameDialog
      open
      title={t('across.save')}
      submitLabel={t('shell:save')}
      initialName={name}
      withDescription={false}
      taken={views.filter((view) => view !== own).map((view) => view.name)}
      onSubmit={async ({ name: chosen }) => {
        await save({ workspace, experiment, name: chosen, search: acrossSearch(search), view: own?.name === chosen ? own.id : '', is_default: false });
        onSaved(chosen);
        notify({ intent: 'success', title: t('across.saved', { name: chosen }), body: t('across.savedWhere', place) });
      }}
      onClose={onClose}
    >
      {t('across.savedWhere', place)}
    </NameDialog>
  );
}
