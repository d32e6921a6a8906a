/** The choice of another experiment of the workspace, for runs that are moved or copied there. */
import { Field } from '@fluentui/react-components';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFolders } from '../../api/folders';
import { useItems } from '../../api/items';
import type { ExperimentView } from '../../api/schema';
import { fullName } from '../../lib/folders';
import { ChoiceBox } from '../../parts/form/ChoiceBox';

/** The id of the chosen experiment, '' at first; its name; and the field. */
export function useTargetExperiment({ workspace, id }: ExperimentView): { target: string; name: string; field: ReactNode } {
  const { t } = useTranslation('experiments');
  const others = (useItems(workspace).data ?? []).filter((item) => item.kind === 'experiment' && item.id !== id);
  const folders = useFolders(workspace).data ?? [];
  const [target, setTarget] = useState('');
  const field = (
    <Field label={t('bulk.move.target')} hint={others.length ? undefined : t('bulk.move.none')}>
      <ChoiceBox value={target} groups={[{ name: '', choices: others.map((item) => ({ id: item.id, name: [fullName(folders, item.folder), item.name].filter(Boolean).join(' / ') })) }]} onChoose={setTarget} />
    </Field>
  );
  return { target, name: others.find((item) => item.id === target)?.name ?? '', field };
}
