/** "Copy to workspace": a version with its files and its run, as the next version of a model there. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useCopyVersion } from '../../api/models';
import type { ModelView } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { atLeast } from '../../lib/roles';
import { aliasProblem } from '../../lib/tags';
import { FormDialog } from '../../parts/FormDialog';
import { WorkspaceField } from '../../parts/WorkspaceField';

interface Props {
  model: ModelView;
  version: number;
  onClose: () => void;
}

export function CopyVersion({ model, version, onClose }: Props) {
  const { t } = useTranslation('models');
  const { notify } = useNotices();
  const copy = useCopyVersion();
  const workspaces = (useWorkspaces().data ?? []).filter((one) => atLeast(one.role, 'contributor'));
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState(model.name);
  const [alias, setAlias] = useState('');
  const workspace = chosen || (workspaces.find((one) => one.id !== model.workspace)?.id ?? '');
  const problem = alias ? aliasProblem(alias) : null;
  const submit = async () => {
    const made = await copy.mutateAsync({
      workspace,
      model: name.trim(),
      from_workspace: model.workspace,
      from_model: model.name,
      from_version: version,
      alias: alias.trim(),
    });
    notify({
      intent: 'success',
      title: t('copy.done', { name: made.model, version: made.version }),
      link: { label: t('copy.open'), to: `${path`/workspaces/${made.workspace}/models/${made.model}`}?version=${made.version}` },
    });
  };
  return (
    <FormDialog
      title={t('copy.title', { name: model.name, version })}
      submitLabel={t('copy.submit')}
      ready={workspace !== '' && name.trim() !== '' && problem === null}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t('copy.text')}</p>
      <WorkspaceField label={t('copy.workspace')} workspaces={workspaces} value={workspace} onChange={setChosen} />
      <Field label={t('copy.name')} required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label={t('copy.alias')} validationMessage={problem ? t(`aliases.problem.${problem}`) : undefined}>
        <Input value={alias} placeholder={t('aliases.example')} onChange={(_, data) => setAlias(data.value)} />
      </Field>
    </FormDialog>
  );
}
