/** New workspace: name, description, capacity; opens it when it is made. */
import { Button, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useCapacities } from '../../api/capacities';
import { path } from '../../api/client';
import { useCreateWorkspace, useWorkspaces } from '../../api/workspaces';
import { CapacityField } from '../../parts/CapacityField';
import { FailureBar } from '../../parts/FailureBar';
import { belongsAtField, cleaned, isSound, NameFields } from '../../parts/NameFields';
import { SidePanel } from '../../parts/SidePanel';

const FORM = 'new-workspace';

interface FormProps {
  onBusy: (busy: boolean) => void;
  onClose: () => void;
}

function NewWorkspaceForm({ onBusy, onClose }: FormProps) {
  const navigate = useNavigate();
  const create = useCreateWorkspace();
  const taken = useWorkspaces().data?.map((workspace) => workspace.name);
  const [value, setValue] = useState({ name: '', description: '' });
  const [capacity, setCapacity] = useState('this-machine');
  const capacities = useCapacities().data?.capacities;
  const [tried, setTried] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isSound(value, { taken }) || create.isPending) return;
    onBusy(true);
    create.mutate(
      { ...cleaned(value), capacity },
      {
        onSuccess: (workspace) => {
          onClose();
          void navigate(path`/workspaces/${workspace.id}`);
        },
        onSettled: () => onBusy(false),
      },
    );
  };

  return (
    <form id={FORM} onSubmit={submit} noValidate style={{ display: 'flex', flexDirection: 'column', gap: 16, paddingTop: 4 }}>
      <NameFields
        autoFocus
        value={value}
        onChange={(next) => {
          setValue(next);
          create.reset();
        }}
        error={create.error}
        tried={tried}
        // Until it is sent: while it is being made, the fresh list holds the very name.
        taken={create.isPending || create.isSuccess ? undefined : taken}
      />
      <CapacityField capacities={capacities} value={capacity} onChange={setCapacity} />
      {!belongsAtField(create.error) && <FailureBar error={create.error} />}
    </form>
  );
}

export function NewWorkspacePanel({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const [busy, setBusy] = useState(false);
  return (
    <SidePanel
      open={open}
      title={t('workspaces:new.title')}
      onClose={onClose}
      footer={
        <>
          <Button
            type="submit"
            form={FORM}
            appearance="primary"
            disabled={busy}
            icon={busy ? <Spinner size="tiny" /> : undefined}
          >
            {t('workspaces:new.create')}
          </Button>
          <Button onClick={onClose}>{t('shell:cancel')}</Button>
        </>
      }
    >
      {open && <NewWorkspaceForm onBusy={setBusy} onClose={onClose} />}
    </SidePanel>
  );
}
