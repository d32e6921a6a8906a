/** General: name, description, capacity, engine, and removing the workspace. */
import { Button, Spinner } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useCapacities } from '../../api/capacities';
import { useEngines } from '../../api/engines';
import type { Workspace } from '../../api/schema';
import { useUpdateWorkspace, useWorkspaces } from '../../api/workspaces';
import { useNotices } from '../../lib/notices';
import { CapacityField } from '../../parts/CapacityField';
import { EngineField } from '../../parts/EngineField';
import { FailureBar } from '../../parts/FailureBar';
import { belongsAtField, cleaned, isSound, NameFields } from '../../parts/NameFields';
import { BackupStatus } from './BackupStatus';
import { FieldForm, Hint, Section, SectionText, SectionTitle } from '../../parts/form/Section';
import { RemoveWorkspace } from './RemoveWorkspace';
import styles from './GeneralSettings.module.css';

/** The workspace that clients reach without a prefix: it always exists. */
const DEFAULT = 'default';

export function GeneralSettings({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation(['settings', 'shell']);
  const { notify } = useNotices();
  const update = useUpdateWorkspace();
  const choose = useUpdateWorkspace();
  const { data: engines } = useEngines();
  const capacities = useCapacities().data?.capacities;
  const taken = useWorkspaces()
    .data?.filter((other) => other.id !== workspace.id)
    .map((other) => other.name);
  const [value, setValue] = useState({ name: workspace.name, description: workspace.description });
  const [removing, setRemoving] = useState(false);
  const admin = workspace.role === 'admin';
  const changed = value.name !== workspace.name || value.description !== workspace.description;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isSound(value, { taken }) || update.isPending) return;
    const named = cleaned(value);
    update.mutate(
      { workspace: workspace.id, ...named },
      {
        onSuccess: () => {
          setValue(named);
          notify({ intent: 'success', title: t('settings:general.saved') });
        },
      },
    );
  };

  return (
    <Section>
      <FieldForm onSubmit={submit}>
        <fieldset disabled={!admin} style={{ display: 'contents' }}>
          <NameFields
            value={value}
            onChange={(next) => {
              setValue(next);
              update.reset();
            }}
            error={update.error}
            tried
            taken={taken}
          />
        </fieldset>
        <CapacityField
          capacities={capacities}
          value={workspace.capacity}
          disabled={!admin || choose.isPending}
          onChange={(capacity) => choose.mutate({ workspace: workspace.id, capacity })}
        />
        <EngineField
          engines={engines ?? []}
          value={workspace.engine}
          disabled={!admin || choose.isPending}
          onChange={(engine) => choose.mutate({ workspace: workspace.id, engine })}
        />
        <FailureBar error={choose.error} />
        {!belongsAtField(update.error) && <FailureBar error={update.error} />}
        {admin ? (
          <div className={styles.actions}>
            <Button
              type="submit"
              appearance="primary"
              disabled={!changed || !isSound(value, { taken }) || update.isPending}
              icon={update.isPending ? <Spinner size="tiny" /> : undefined}
            >
              {t('shell:save')}
            </Button>
          </div>
        ) : (
          <Hint>{t('settings:general.adminOnly')}</Hint>
        )}
      </FieldForm>
      {admin && <BackupStatus />}
      {admin && (
        <div className={styles.danger}>
          <SectionTitle>{t('settings:remove.title')}</SectionTitle>
          <SectionText>
            {t(workspace.name === DEFAULT ? 'settings:remove.isDefault' : 'settings:remove.text')}
          </SectionText>
          <Button
            className={workspace.name === DEFAULT ? '' : styles.dangerButton}
            icon={<DeleteRegular />}
            disabled={workspace.name === DEFAULT}
            onClick={() => setRemoving(true)}
          >
            {t('settings:remove.title')}
          </Button>
        </div>
      )}
      <RemoveWorkspace open={removing} workspace={workspace} onClose={() => setRemoving(false)} />
    </Section>
  );
}
