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
  Radio,
  RadioGroup,
  Spinner,
} from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileSource } from '../../api/artifacts';
import type { FileEntry } from '../../api/schema';
import { ApiError, errorDetail } from '../../lib/errors';
import { checkName } from '../../lib/names';
import { FailureBar } from '../../parts/FailureBar';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { FileTree } from '../../parts/files/FileTree';
import styles from './SaveModelDialog.module.css';

export interface SavedModel {
  model: string;
  /** The run's folder that holds the model. */
  folder: string;
  isNew: boolean;
}

interface Props {
  /** Names the model in the example. */
  experiment: string;
  source: FileSource;
  /** The run's model folders. */
  folders: string[];
  /** Names of the workspace's models. */
  models: string[];
  onSave: (wanted: SavedModel) => Promise<unknown>;
  onClose: () => void;
}

function parents(folder: string): string[] {
  const parts = folder.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

export function SaveModelDialog({ experiment, source, folders, models, onSave, onClose }: Props) {
  const { t } = useTranslation(['runs', 'shell']);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
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
  const refused = error instanceof ApiError && (error.field === 'name' || error.field === 'model' || error.code === 'already_exists') ? error : null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (!ready || !folder || saving) return;
    setSaving(true);
    setError(null);
    try {
      await onSave({ model: isNew ? name.normalize('NFC').trim() : existing, folder: folder.path, isNew });
      onClose();
    } catch (caught) {
      setError(caught);
      setSaving(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(_, data) => {
        if (!data.open && !saving) onClose();
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
                  setError(null);
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
                <Field label={t('save.name')} required validationMessage={refused ? errorDetail(refused) : (touched ? (nameProblem ?? undefined) : undefined)}>
                  <Input
                    autoFocus
                    value={name}
                    placeholder={experiment.replace(/[/:]/g, '-').replace(/^experiment-/, 'model-')}
                    onChange={(_, data) => {
                      setName(data.value);
                      setTouched(true);
                      setError(null);
                    }}
                  />
                </Field>
              ) : (
                <Field label={t('save.model')} required validationMessage={touched && !existing ? t('save.pickModel') : undefined}>
                  <ChoiceBox value={existing} groups={[{ name: '', choices: models.map((id) => ({ id, name: id })) }]} onChoose={setExisting} />
                </Field>
              )}
              {!refused && <FailureBar error={error} />}
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={saving || (touched && !ready)} icon={saving ? <Spinner size="tiny" /> : undefined}>
                {t(saving ? 'save.saving' : 'save.save')}
              </Button>
              <Button type="button" disabled={saving} onClick={onClose}>
                {t('shell:cancel')}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
