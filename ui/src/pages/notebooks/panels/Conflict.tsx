/** Two saved the same notebook: the person decides, and nothing is thrown away without being asked for. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Notebook } from '../../../api/schema';
import { formatDate } from '../../../lib/format';
import { FailureBar } from '../../../parts/FailureBar';
import { useEditorActions } from '../EditorActions';
import type { NotebookHost } from '../lab/notebookHost';
import { useSignals } from '../lab/signals';

interface Props {
  record: Notebook;
  host: NotebookHost;
}

function cellCount(content: unknown): number {
  if (typeof content !== 'object' || content === null || !('cells' in content)) return 0;
  return Array.isArray(content.cells) ? content.cells.length : 0;
}

export function Conflict({ record, host }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { saveCopy } = useEditorActions();
  const { saver, panel } = host;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useSignals(saver.changed);
  const { state } = saver;
  if (state.kind !== 'conflict') return null;

  const decide = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  };
  const copyAndTake = async () => {
    if (await saveCopy()) await saver.takeTheirs();
  };
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t('conflict.title', { name: record.name })}</DialogTitle>
          <DialogContent>
            <p>{t('conflict.text')}</p>
            <ul>
              <li>{t('conflict.mine', { count: panel.content.widgets.length })}</li>
              <li>
                {t('conflict.theirs', {
                  count: cellCount(state.theirs),
                  at: formatDate(state.theirsAt, i18n.language),
                })}
              </li>
            </ul>
            <FailureBar error={error} />
          </DialogContent>
          <DialogActions fluid>
            <Button appearance="primary" disabled={busy} onClick={() => void decide(copyAndTake)}>
              {t('conflict.copy')}
            </Button>
            <Button disabled={busy} onClick={() => void decide(() => saver.overwrite())}>
              {t('conflict.keepMine')}
            </Button>
            <Button disabled={busy} onClick={() => void decide(() => saver.takeTheirs())}>
              {t('conflict.keepTheirs')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
