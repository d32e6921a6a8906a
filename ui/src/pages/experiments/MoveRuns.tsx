/** Move runs, and those below them, to another experiment of the workspace. */
import { Field } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { itemPath, useItems } from '../../api/items';
import { useMoveRuns } from '../../api/runs';
import type { ExperimentView } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { FormDialog } from '../../parts/FormDialog';
import { errorDetail, errorTitle } from '../../lib/errors';

interface Props {
  experiment: ExperimentView;
  runs: string[];
  onMoved: () => void;
  onClose: () => void;
}

export function MoveRuns({ experiment, runs, onMoved, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'runs']);
  const { workspace, id } = experiment;
  const { notify } = useNotices();
  const { mutateAsync: move } = useMoveRuns();
  const items = useItems(workspace).data ?? [];
  const others = items.filter((item) => item.kind === 'experiment' && item.id !== id);
  const [target, setTarget] = useState('');
  const name = others.find((item) => item.id === target)?.name ?? '';
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
      <Field label={t('bulk.move.target')} hint={others.length ? undefined : t('bulk.move.none')}>
        <ChoiceBox value={target} groups={[{ name: '', choices: others.map((item) => ({ id: item.id, name: item.name })) }]} onChoose={setTarget} />
      </Field>
      <p style={{ margin: 0 }}>{t('bulk.move.what')}</p>
    </FormDialog>
  );
}
