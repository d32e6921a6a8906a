/** Dialog to remove a workspace: lists what is deleted, and asks for its name. */
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
  ProgressBar,
  Spinner,
} from '@fluentui/react-components';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { Removal, Workspace } from '../../api/schema';
import { useRemoval, useRemoveWorkspace } from '../../api/workspaces';
import { formatBytes, formatNumber } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { FailureBar } from '../../parts/FailureBar';
import { SectionText } from '../../parts/form/Section';
import { ReturnFocus } from '../../parts/ReturnFocus';
import styles from './RemoveWorkspace.module.css';

const COUNTED = ['notebooks', 'experiments', 'runs', 'models', 'versions', 'reports', 'sessions', 'files'] as const;

function Counts({ removal }: { removal: Removal }) {
  const { t, i18n } = useTranslation('settings');
  return (
    <dl className={styles.counts}>
      {COUNTED.map((noun) => (
        <div key={noun}>
          <dt>{t(`remove.${noun}`)}</dt>
          <dd>{formatNumber(removal[noun], i18n.language)}</dd>
        </div>
      ))}
      <div>
        <dt>{t('remove.bytes')}</dt>
        <dd>{formatBytes(removal.bytes, i18n.language)}</dd>
      </div>
    </dl>
  );
}

interface Props {
  open: boolean;
  workspace: Workspace;
  onClose: () => void;
}

function RemoveForm({ workspace, onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation(['settings', 'shell']);
  const navigate = useNavigate();
  const client = useQueryClient();
  const { notify } = useNotices();
  const removal = useRemoval(workspace.id);
  const remove = useRemoveWorkspace();
  const [typed, setTyped] = useState('');
  const fits = typed.normalize('NFC').trim() === workspace.name;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!fits || remove.isPending) return;
    remove.mutate(
      { workspace: workspace.id, name: workspace.name },
      {
        onSuccess: () => {
          void navigate('/');
          notify({ intent: 'success', title: t('settings:remove.done', { name: workspace.name }) });
          void client.invalidateQueries({ queryKey: ['workspaces'], exact: true });
          void client.invalidateQueries({ queryKey: ['recent'] });
        },
      },
    );
  };

  return (
    <form onSubmit={submit}>
      <DialogBody>
        <DialogTitle>{t('settings:remove.ask', { name: workspace.name })}</DialogTitle>
        <DialogContent>
          <SectionText>{t('settings:remove.warning')}</SectionText>
          {removal.data && <Counts removal={removal.data} />}
          {removal.isPending && <Spinner size="small" label={t('settings:remove.counting')} />}
          <FailureBar error={removal.error} />
          <Field label={t('settings:remove.type', { name: workspace.name })} required style={{ marginTop: 12 }}>
            <Input
              autoFocus
              autoComplete="off"
              value={typed}
              disabled={remove.isPending}
              onChange={(_, { value }) => setTyped(value)}
            />
          </Field>
          {remove.isPending && (
            <div role="status" style={{ marginTop: 12 }}>
              <SectionText>{t('settings:remove.progress')}</SectionText>
              <ProgressBar />
            </div>
          )}
          <FailureBar error={remove.error} />
        </DialogContent>
        <DialogActions>
          <Button
            type="submit"
            appearance="primary"
            disabled={!fits || remove.isPending}
            style={fits && !remove.isPending ? { background: 'var(--colorStatusDangerBackground3)' } : undefined}
          >
            {t('settings:remove.confirm')}
          </Button>
          <Button type="button" disabled={remove.isPending} onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </DialogActions>
      </DialogBody>
    </form>
  );
}

export function RemoveWorkspace({ open, workspace, onClose }: Props) {
  return (
    <Dialog
      open={open}
      modalType="alert"
      onOpenChange={(_, data) => {
        if (!data.open) onClose();
      }}
    >
      <DialogSurface>
        <ReturnFocus />
        {open && <RemoveForm workspace={workspace} onClose={onClose} />}
      </DialogSurface>
    </Dialog>
  );
}
