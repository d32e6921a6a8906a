/** Card to save a run as a registered model, always visible. */
import { Button } from '@fluentui/react-components';
import { BrainCircuitRegular, SaveRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { runFiles } from '../../api/artifacts';
import { path } from '../../api/client';
import { useItems } from '../../api/items';
import { useSaveRunAsModel } from '../../api/models';
import type { RunDetail } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import styles from './SaveModelCard.module.css';
import { SaveModelDialog, type SavedModel } from './SaveModelDialog';

export function SaveModelCard({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const [open, setOpen] = useState(false);
  const run = detail.row.run_id;
  const source = useMemo(() => runFiles(workspace, run), [workspace, run]);
  const { notify } = useNotices();
  const { mutateAsync } = useSaveRunAsModel();
  const { data: items = [] } = useItems(workspace);
  const models = useMemo(() => items.filter((item) => item.kind === 'model').map((item) => item.name), [items]);
  const save = async ({ model, folder, isNew }: SavedModel) => {
    const saved = await mutateAsync({ workspace, model, run, path: folder, new: isNew });
    notify({
      intent: 'success',
      title: t('save.done', { model, version: saved.version }),
      link: { label: t('save.view'), to: `${path`/workspaces/${workspace}/models/${model}`}?version=${saved.version}` },
    });
  };
  const folders = detail.model_folders;
  const running = detail.row.status === 'RUNNING';
  const why = folders.length === 0 ? t(running ? 'save.notYet' : 'save.noFolder') : t('save.what');
  return (
    <aside className={styles.card} aria-label={t('save.title')}>
      <h3 className={styles.title}>
        <BrainCircuitRegular aria-hidden /> {t('save.title')}
      </h3>
      <p className={styles.text} id="save-model-why">
        {why}
      </p>
      <Button
        appearance="primary"
        size="small"
        icon={<SaveRegular />}
        disabled={!folders.length}
        aria-describedby="save-model-why"
        onClick={() => setOpen(true)}
      >
        {t('save.save')}
      </Button>
      {open && <SaveModelDialog experiment={detail.experiment_name} source={source} folders={folders} models={models} onSave={save} onClose={() => setOpen(false)} />}
    </aside>
  );
}
