/** Choose the folder that items, or a folder, move into; a new one can be made on the way. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TOP } from '../../api/folders';
import type { ItemFolder } from '../../api/schema';
import { fullName } from '../../lib/folders';
import { FormDialog } from '../../parts/FormDialog';
import { ChoiceBox } from '../../parts/form/ChoiceBox';

interface Props {
  title: string;
  folders: readonly ItemFolder[];
  /** Where it may go; TOP is the workspace itself. */
  targets: readonly string[];
  workspaceName: string;
  onMove: (folder: string, newName: string) => Promise<unknown>;
  onClose: () => void;
}

/** Ids of the list that stand for no folder: no id of a folder has these. */
const TOP_CHOICE = 'top';

export function MoveToFolder({ title, folders, targets, workspaceName, onMove, onClose }: Props) {
  const { t } = useTranslation('workspaces');
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState('');
  const choices = targets
    .map((id) => (id === TOP ? { id: TOP_CHOICE, name: t('folders.top', { name: workspaceName }) } : { id, name: fullName(folders, id) }))
    .sort((a, b) => Number(b.id === TOP_CHOICE) - Number(a.id === TOP_CHOICE) || a.name.localeCompare(b.name));
  const ready = chosen !== null || name.trim() !== '';
  return (
    <FormDialog
      title={title}
      submitLabel={t('folders.moveSubmit')}
      ready={ready}
      onSubmit={() => onMove(chosen === null || chosen === TOP_CHOICE ? TOP : chosen, name.trim())}
      onClose={onClose}
    >
      <Field label={t('folders.target')}>
        <ChoiceBox value={chosen ?? ''} groups={[{ name: '', choices }]} onChoose={setChosen} />
      </Field>
      <Field label={t('folders.newOnTheWay')} hint={t('folders.newHint')}>
        <Input value={name} maxLength={256} onChange={(_, data) => setName(data.value)} />
      </Field>
    </FormDialog>
  );
}
