/** Dialog to start the tutorial in a new or existing workspace; creates its notebook and opens it. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Radio,
  RadioGroup,
  Spinner,
} from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { itemPath, useCreateItem, useItems } from '../../api/items';
import type { Workspace } from '../../api/schema';
import { useCreateWorkspace, useWorkspaces } from '../../api/workspaces';
import { currentLanguage } from '../../lib/i18n';
import { freeName } from '../../lib/names';
import { useStoredList } from '../../lib/stored';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { belongsAtField, isSound, NameFields } from '../../parts/NameFields';
import { ReturnFocus } from '../../parts/ReturnFocus';
import { WorkspaceField } from '../../parts/WorkspaceField';

const WORKSPACE = 'diabetes-lab';
export const TUTORIAL_DONE = 'handloom.tutorial';

interface Props {
  open: boolean;
  /** Proposed where the tutorial is asked for inside of a workspace. */
  workspace?: string;
  onClose: () => void;
}

interface FormProps {
  workspace?: string;
  workspaces: Workspace[];
  onBusy: (busy: boolean) => void;
  onClose: () => void;
}

/** Create the workspace if a new one is requested, then the notebook. A retry continues where the first try failed. */
function useTutorial() {
  const createWorkspace = useCreateWorkspace();
  const createItem = useCreateItem();
  const [made, setMade] = useState<string | null>(null);
  return async (where: { id: string } | { name: string }, notebook: string) => {
    let workspace = 'id' in where ? where.id : made;
    if (workspace === null && 'name' in where) {
      workspace = (await createWorkspace.mutateAsync({ name: where.name.trim() })).id;
      setMade(workspace);
    }
    return createItem.mutateAsync({
      kind: 'notebook',
      workspace: workspace ?? '',
      name: notebook,
      template: `tutorial-${currentLanguage()}`,
    });
  };
}

function TutorialForm({ workspace, workspaces, onBusy, onClose }: FormProps) {
  const { t } = useTranslation(['home', 'shell']);
  const navigate = useNavigate();
  const start = useTutorial();
  const [, changeDone] = useStoredList(TUTORIAL_DONE);
  const [existing, setExisting] = useState(workspace !== undefined);
  const [chosen, setChosen] = useState(workspace ?? workspaces[0]?.id ?? '');
  const [taken] = useState(() => workspaces.map((one) => one.name));
  const [value, setValue] = useState({ name: freeName(WORKSPACE, taken), description: '' });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const items = useItems(existing ? chosen : '');
  const ready = existing ? items.data !== undefined : isSound(value, { taken });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!ready || busy) return;
    setBusy(true);
    onBusy(true);
    setError(null);
    const names = existing ? (items.data ?? []).map((item) => item.name) : [];
    try {
      const item = await start(existing ? { id: chosen } : { name: value.name }, freeName(t('home:tutorial.notebook'), names));
      changeDone(() => [new Date().toISOString()]);
      onClose();
      void navigate(itemPath(item));
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
      onBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <DialogBody>
        <DialogTitle>{t('home:tutorial.title')}</DialogTitle>
        <DialogContent style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
          <p style={{ margin: 0 }}>{t('home:tutorial.ask')}</p>
          <RadioGroup
            aria-label={t('shell:kinds.workspace')}
            value={existing ? 'existing' : 'new'}
            onChange={(_, data) => setExisting(data.value === 'existing')}
          >
            <Radio value="new" label={t('home:tutorial.new')} />
            <Radio value="existing" label={t('home:tutorial.existing')} disabled={!workspaces.length} />
          </RadioGroup>
          {existing ? (
            <WorkspaceField
              label={t('shell:kinds.workspace')}
              workspaces={workspaces}
              value={chosen}
              onChange={setChosen}
            />
          ) : (
            <NameFields
              label={t('home:tutorial.workspaceName')}
              withDescription={false}
              value={value}
              onChange={(next) => {
                setValue(next);
                setError(null);
              }}
              error={error}
              tried={tried}
              taken={taken}
            />
          )}
          {!belongsAtField(error) && <FailureBar error={error} />}
        </DialogContent>
        <DialogActions>
          <Button type="submit" appearance="primary" disabled={!ready || busy} icon={busy ? <Spinner size="tiny" /> : undefined}>
            {t('home:tutorial.start')}
          </Button>
          <Button type="button" disabled={busy} onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </DialogActions>
      </DialogBody>
    </form>
  );
}

export function TutorialDialog({ open, workspace, onClose }: Props) {
  const { data, error, refetch } = useWorkspaces();
  const [busy, setBusy] = useState(false);
  const writable = data?.filter((one) => one.role !== null && one.role !== 'viewer');
  return (
    <Dialog
      open={open}
      onOpenChange={(_, change) => {
        if (!change.open && !busy) onClose();
      }}
    >
      <DialogSurface style={{ maxWidth: 520 }}>
        <ReturnFocus />
        {open && writable && <TutorialForm workspace={workspace} workspaces={writable} onBusy={setBusy} onClose={onClose} />}
        {!writable && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Spinner />)}
      </DialogSurface>
    </Dialog>
  );
}
