/** Stands under a cell that Spark has refused or that found no engine: run it again, or on another engine. */
import { Button } from '@fluentui/react-components';
import { ArrowClockwiseRegular, PlayRegular } from '@fluentui/react-icons';
import { NotebookActions } from '@jupyterlab/notebook';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUpdateNotebook } from '../../../api/notebooks';
import type { Notebook } from '../../../api/schema';
import { errorDetail } from '../../../lib/errors';
import { useNotices } from '../../../lib/notices';
import { ConfirmDialog } from '../../../parts/ConfirmDialog';
import { useEngineName } from '../../../parts/EngineField';
import { useEditorActions } from '../EditorActions';
import type { NotebookHost } from '../lab/notebookHost';
import { translator } from '../lab/translator';
import { readWays, type LocalEngine } from '../waysOut';
import styles from './WaysOut.module.css';

interface Props {
  data: unknown;
  host: NotebookHost;
  /** The node of the output, which tells its cell. */
  node: HTMLElement;
  record: Notebook;
  restart: () => Promise<void>;
}

export function WaysOut({ data, host, node, record, restart }: Props) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const { canWrite } = useEditorActions();
  const engineName = useEngineName();
  const update = useUpdateNotebook();
  const [asked, setAsked] = useState<LocalEngine | null>(null);
  const ways = readWays(data);
  const { content, sessionContext } = host.panel;
  const isInConsole = node.isConnected && !content.node.contains(node); // whose code no button can run again
  if (!ways || !canWrite || isInConsole) return null;

  const run = (all: boolean) => {
    const last = content.widgets.findIndex((cell) => cell.node.contains(node));
    const cells = last < 0 ? [] : content.widgets.slice(all ? 0 : last, last + 1);
    void NotebookActions.runCells(content, cells, sessionContext, undefined, translator);
  };
  const choose = (engine: LocalEngine) =>
    update.mutateAsync({ workspace: record.workspace, notebook: record.id, engine });
  const runOn = async (engine: LocalEngine) => {
    try {
      await choose(engine);
      run(false);
    } catch (error) {
      notify({ intent: 'error', title: errorDetail(error) });
    }
  };
  return (
    <div className={styles.ways} role="group" aria-label={t('waysOut.label')}>
      {ways.retry && (
        <Button size="small" icon={<ArrowClockwiseRegular />} onClick={() => run(false)}>
          {t('waysOut.retry')}
        </Button>
      )}
      {ways.engines.map((engine) => (
        <Button
          key={engine}
          size="small"
          icon={<PlayRegular />}
          onClick={() => (ways.retry ? void runOn(engine) : setAsked(engine))}
        >
          {t('waysOut.on', { engine: engineName(engine, []) })}
        </Button>
      ))}
      <ConfirmDialog
        open={asked !== null}
        title={t('waysOut.restartTitle')}
        confirmLabel={t('waysOut.restartDo')}
        onConfirm={async () => {
          if (!asked) return;
          await choose(asked);
          setAsked(null);
          await restart();
          run(true);
        }}
        onClose={() => setAsked(null)}
      >
        {t('waysOut.restartText', { engine: asked ? engineName(asked, []) : '' })}
      </ConfirmDialog>
    </div>
  );
}
