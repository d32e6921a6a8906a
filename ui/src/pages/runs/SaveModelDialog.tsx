/** Save run as ML model: a new model or an existing one, the model folder, the name. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Radio,
  RadioGroup,
  Spinner,
} from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import type { FileSource } from '../../api/artifacts';
import { useItems } from '../../api/items';
import { useSaveRunAsModel } from '../../api/models';
import type { FileEntry, RunDetail } from '../../api/schema';
import { ApiError, errorDetail, errorTitle } from '../../lib/errors';
import { checkName } from '../../lib/names';
import { useNotices } from '../../lib/notices';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { FileTree } from '../../parts/files/FileTree';
import styles from './SaveModelDialog.module.css';

interface Props {
  workspace: string;
  detail: RunDetail;
  source: FileSource;
  folders: string[];
  onClose: () => void;
}

function parents(folder: string): string[] {
  const parts = folder.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

export function SaveModelDialog({ workspace, detail, source, folders, onClose }: Props) {
  const { t } = useTranslation(['runs', 'shell', 'experiments']);
  const { notify } = useNotices();
  const save = useSaveRunAsModel();
  const { data: items = [] } = useItems(workspace);
  const models = items.filter((item) => item.kind === 'model').map((item) => item.name);
  const [isNew, setIsNew] = useState(true);
  const [name, setName] = useState('');
  const [existing, setExisting] = useState('');
  const [touched, setTouched] = useState(false);
  const [folder, setFolder] = useState<Pick<FileEntry, 'path' | 'model'> | null>(
    folders.length === 1 && folders[0] !== undefined ? { path: folders[0], model: true } : null,
  );

  const problem = checkName(name, { taken: models }) ?? (/[/:]/.test(name) ? { key: 'characters' as const, values: { characters: '/ :' } } : null);
  const nameProblem = isNew && problem ? t(`shell:names.${problem.key}`, problem.values) : null;
  const folderProblem = folder === null ? t('save.pickFolder') : folder.model ? null : t('save.notModel');
  const ready = !folderProblem && (isNew ? !nameProblem : existing !== '');
  const refused = save.error instanceof ApiError && (save.error.field === 'name' || save.error.field === 'model' || save.error.code === 'already_exists') ? save.error : null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (!ready || !folder || save.isPending) return;
    const model = isNew ? name.normalize('NFC').trim() : existing;
    const saved = await save
      .mutateAsync({ workspace, model, run: detail.row.run_id, path: folder.path, new: isNew })
      .catch(() => null);
    if (!saved) return;
    notify({
      intent: 'success',
      title: t('save.done', { model, version: saved.version }),
      link: { label: t('save.view'), to: `${path`/workspaces/${workspace}/models/${model}`}?version=${saved.version}` },
    });
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(_, data) => {
        if (!data.open && !save.isPending) onClose();
      }}
    >
      <DialogSurface style={{ maxWidth: 560 }}>
        <form onSubmit={(event) => void submit(event)}>
          <DialogBody>
            <DialogTitle>{t('save.title')}</DialogTitle>
            <DialogContent className={styles.form}>
              <RadioGroup
                aria-label={t('save.where')}
                layout="horizontal"
                className={styles.where}
                value={isNew ? 'new' : 'existing'}
                onChange={(_, data) => {
                  setIsNew(data.value === 'new');
                  save.reset();
                }}
              >
                <Radio value="new" label={t('save.new')} />
                <Radio value="existing" label={t('save.existing')} disabled={models.length === 0} />
              </RadioGroup>
              <Field label={t('save.folder')} required validationMessage={touched || folder ? (folderProblem ?? undefined) : undefined}>
                <div className={styles.tree}>
                  <FileTree
                    source={source}
                    label={t('save.folder')}
                    foldersOnly
                    selected={folder?.path ?? ''}
                    onSelect={setFolder}
                    initiallyOpen={folders.flatMap(parents)}
                  />
                </div>
              </Field>
              {isNew ? (
                <Field label={t('save.name')} required validationMessage={refused?.message ?? (touched ? (nameProblem ?? undefined) : undefined)}>
                  <Input
                    autoFocus
                    value={name}
                    placeholder={detail.experiment_name.replace(/[/:]/g, '-').replace(/^experiment-/, 'model-')}
                    onChange={(_, data) => {
                      setName(data.value);
                      setTouched(true);
                      if (save.error) save.reset();
                    }}
                  />
                </Field>
              ) : (
                <Field label={t('save.model')} required validationMessage={touched && !existing ? t('save.pickModel') : undefined}>
                  <ChoiceBox value={existing} groups={[{ name: '', choices: models.map((id) => ({ id, name: id })) }]} onChoose={setExisting} />
                </Field>
              )}
              {save.error && !refused && (
                <MessageBar intent="error">
                  <MessageBarBody>
                    {errorTitle(save.error, t)} {errorDetail(save.error)}
                  </MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={save.isPending || (touched && !ready)} icon={save.isPending ? <Spinner size="tiny" /> : undefined}>
                {t(save.isPending ? 'save.saving' : 'save.save')}
              </Button>
              <Button type="button" disabled={save.isPending} onClick={onClose}>
                {t('shell:cancel')}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
