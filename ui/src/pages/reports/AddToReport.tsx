/** Dialog to put a chart or a table into a report: an existing one or a new one, with these runs or with those of a filter. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { itemPath, useItems } from '../../api/items';
import { useAppendToReport, useCreateReport } from '../../api/reports';
import type { ReportRuns } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { checkName, freeName } from '../../lib/names';
import { useNotices } from '../../lib/notices';
import { atLeast } from '../../lib/roles';
import { FailureBar } from '../../parts/FailureBar';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { ReturnFocus } from '../../parts/ReturnFocus';
import { WorkspaceField } from '../../parts/WorkspaceField';
import { runsWanted, type Block } from './blocks';

interface Props {
  /** Proposed for the report; another one that the person may write to can be chosen. */
  workspace: string;
  /** The named runs, and the search that finds them or others later. */
  picks: ReportRuns;
  search?: ReportRuns;
  block: (runs: ReportRuns) => Block;
  onClose: () => void;
}

const NEW = '+';

export function AddToReport({ workspace: proposed, picks, search, block, onClose }: Props) {
  const { t } = useTranslation(['reports', 'shell', 'workspaces']);
  const { notify } = useNotices();
  const create = useCreateReport();
  const append = useAppendToReport();
  const workspaces = (useWorkspaces().data ?? []).filter((one) => atLeast(one.role, 'contributor'));
  const [chosen, setChosen] = useState('');
  const workspace = chosen || (workspaces.find((one) => one.id === proposed) ?? workspaces[0])?.id || '';
  const items = useItems(workspace);
  const reports = (items.data ?? []).filter((item) => item.kind === 'report');
  const [picked, setPicked] = useState<string | null>(null);
  const report = picked ?? reports[0]?.id ?? NEW;
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? freeName(t('workspaces:newItem.names.report'), reports.map((one) => one.name));
  const [live, setLive] = useState(false);
  const busy = create.isPending || append.isPending;
  const unsound = report === NEW && checkName(name) !== null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const blocks = [block(live && search ? search : picks)];
    const saved = await (report === NEW ? create.mutateAsync({ workspace, name, blocks }) : append.mutateAsync({ workspace, report, blocks }));
    const to = itemPath({ kind: 'report', id: saved.id, workspace });
    notify({ intent: 'success', title: t('reports:to.done', { name: saved.name }), link: { label: t('reports:to.open'), to } });
    onClose();
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && !busy && onClose()}>
      <DialogSurface style={{ maxWidth: 520 }}>
        <ReturnFocus />
        {/* A failure is shown below; the mutations keep it. */}
        <form onSubmit={(event) => void submit(event).catch(() => undefined)} noValidate>
          <DialogBody>
            <DialogTitle>{t('reports:to.title')}</DialogTitle>
            <DialogContent style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
              {workspaces.length > 1 && (
                <WorkspaceField
                  label={t('shell:kinds.workspace')}
                  workspaces={workspaces}
                  value={workspace}
                  onChange={(id) => {
                    setChosen(id);
                    setPicked(null);
                  }}
                />
              )}
              <Field label={t('shell:kinds.report')}>
                <ChoiceBox
                  value={report}
                  groups={[{ name: '', choices: [...reports.map(({ id, name: called }) => ({ id, name: called })), { id: NEW, name: t('workspaces:newItem.report') }] }]}
                  onChoose={setPicked}
                />
              </Field>
              {report === NEW && (
                <Field label={t('shell:name')} required>
                  <Input value={name} onChange={(_, { value }) => setTyped(value)} />
                </Field>
              )}
              {search && (
                <Field label={t('reports:runs.label')}>
                  <RadioGroup value={live ? 'live' : 'named'} onChange={(_, { value }) => setLive(value === 'live')}>
                    <Radio value="named" label={t('reports:to.named', { count: runsWanted(picks) })} />
                    <Radio value="live" label={t('reports:runs.live')} />
                  </RadioGroup>
                </Field>
              )}
              <FailureBar error={create.error ?? append.error} />
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={busy || unsound || !workspace || items.isPending}>
                {t('reports:add')}
              </Button>
              <Button disabled={busy} onClick={onClose}>
                {t('shell:cancel')}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
