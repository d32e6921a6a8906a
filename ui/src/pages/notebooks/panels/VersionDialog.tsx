/** A version beside the notebook as it is now: what changed in each cell, and the way back. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
} from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../../api/client';
import { useCreateVersion, useDeleteVersion, useUpdateVersion, useVersionDocument } from '../../../api/notebooks';
import type { Notebook, NotebookVersion } from '../../../api/schema';
import { formatDate } from '../../../lib/format';
import { useNotices } from '../../../lib/notices';
import { FailureBar } from '../../../parts/FailureBar';
import { ReturnFocus } from '../../../parts/ReturnFocus';
import { useEditorActions } from '../EditorActions';
import { diffNotebooks, restored, versionName } from '../history';
import { applyNotebook } from '../lab/apply';
import type { NotebookHost } from '../lab/notebookHost';
import { asNotebook } from '../merge';
import { useCreateFree } from '../useSaveCopy';
import { CellChange } from './CellChange';
import styles from './VersionDialog.module.css';
import { VersionName } from './VersionName';

interface Props {
  record: Notebook;
  host: NotebookHost;
  version: NotebookVersion;
  onClose: () => void;
}

export function VersionDialog({ record, host, version, onClose }: Props) {
  const { t, i18n } = useTranslation(['notebooks', 'shell']);
  const { canWrite } = useEditorActions();
  const { workspace, id: notebook } = record;
  const { data, error } = useVersionDocument({ workspace, notebook, version: version.id });
  const document = useMemo(() => asNotebook(data), [data]);
  const diffs = useMemo(() => {
    const now = asNotebook(JSON.parse(JSON.stringify(host.panel.context.model.toJSON())));
    return document && now ? diffNotebooks(document, now) : null;
  }, [document, host]);
  const [naming, setNaming] = useState(false);
  const work = useVersionWork({ record, host, version, onClose });
  const update = useUpdateVersion();
  const at = formatDate(version.at, i18n.language);
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <ReturnFocus />
        <DialogBody className={styles.body}>
          <DialogTitle
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:close')} onClick={onClose} />}
          >
            {versionName(version.name, t) || t('history.of', { at })}
          </DialogTitle>
          <DialogContent className={styles.content}>
            <p className={styles.note}>
              {t('history.compared', { at, user: version.user || t('history.unknown') })}
            </p>
            <FailureBar error={error ?? work.error} />
            {!diffs && !error && <Spinner size="tiny" />}
            {diffs?.length === 0 && <p>{t('history.same')}</p>}
            {diffs?.map((diff, i) => <CellChange key={i} diff={diff} />)}
          </DialogContent>
          {canWrite && (
            <DialogActions className={styles.actions} fluid>
              <Button appearance="primary" disabled={!document || work.busy || diffs?.length === 0} onClick={() => document && work.restore(document)}>
                {t('history.restore')}
              </Button>
              <Button disabled={!document || work.busy} onClick={() => document && work.copy(document)}>
                {t('history.copy')}
              </Button>
              <Button disabled={work.busy} onClick={() => setNaming(true)}>
                {t(version.name ? 'history.rename' : 'history.giveName')}
              </Button>
              <Button disabled={work.busy} onClick={work.remove}>
                {t('history.delete')}
              </Button>
            </DialogActions>
          )}
        </DialogBody>
        {naming && (
          <VersionName
            title={t('history.giveName')}
            initial={versionName(version.name, t)}
            onName={async (name) => {
              await update.mutateAsync({ workspace, notebook, version: version.id, name });
              onClose();
            }}
            onClose={() => setNaming(false)}
          />
        )}
      </DialogSurface>
    </Dialog>
  );
}

/** Restore, copy and delete; the notebook as it is now is kept as a version before another one replaces it. */
function useVersionWork({ record, host, version, onClose }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { notify } = useNotices();
  const create = useCreateVersion();
  const drop = useDeleteVersion();
  const createFree = useCreateFree();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { workspace, id: notebook } = record;
  const at = formatDate(version.at, i18n.language);
  const attempt = (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    act().then(onClose, (caught: unknown) => {
      setError(caught);
      setBusy(false);
    });
  };
  return {
    busy,
    error,
    restore: (document: NonNullable<ReturnType<typeof asNotebook>>) =>
      attempt(async () => {
        await host.saver.save();
        await create.mutateAsync({ workspace, notebook, name: t('history.before', { at }) });
        const { model } = host.panel.context;
        const now = asNotebook(JSON.parse(JSON.stringify(model.toJSON())));
        if (now) applyNotebook(model, restored(document, now));
        await host.saver.save();
        notify({ intent: 'success', title: t('history.restored', { at }) });
      }),
    copy: (document: Record<string, unknown>) =>
      attempt(async () => {
        const nameOf = (n: number) => t(n === 1 ? 'copyName' : 'copyNameN', { name: record.name, n });
        const copy = await createFree(workspace, nameOf, document);
        notify({
          intent: 'success',
          title: t('copied', { name: copy.name }),
          link: { label: t('openCopy'), to: path`/workspaces/${copy.workspace}/notebooks/${copy.id}` },
        });
      }),
    remove: () =>
      attempt(async () => {
        await drop.mutateAsync({ workspace, notebook, version: version.id });
      }),
  };
}
