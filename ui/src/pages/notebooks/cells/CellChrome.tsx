/** What our page adds to one cell of JupyterLab's: run button, tools, status line, "+ Code / + Markdown". */
import { AddRegular, PlayFilled, RecordStopFilled } from '@fluentui/react-icons';
import { MarkdownCell, type Cell } from '@jupyterlab/cells';
import { memo, useLayoutEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { CreatedRun } from '../../../api/schema';
import { useEditorActions } from '../EditorActions';
import { insertCell } from '../lab/commands';
import type { NotebookHost } from '../lab/notebookHost';
import { useSignals } from '../lab/signals';
import { isLive } from '../runs';
import { isMarked } from '../marks';
import { CellMarks } from './CellMarks';
import { CellStatus } from './CellStatus';
import { actOn, CellTools } from './CellTools';
import { MadeRunsList } from './MadeRunsList';
import { TallOutput } from './TallOutput';
import { useStaleReason } from './useStaleReason';
import styles from './CellChrome.module.css';

interface Props {
  host: NotebookHost;
  cell: Cell;
  me: string;
  active: boolean;
  /** Whether the tools are shown: the cell is active or under the pointer. */
  tools: boolean;
  last: boolean;
  workspace: string;
  /** Runs that the cell has made. */
  made: CreatedRun[] | undefined;
}

/** Places of ours inside the cell's node, which Lumino owns. */
function useSlots(cell: Cell) {
  const [slots] = useState(() => {
    const [head, foot] = [document.createElement('div'), document.createElement('div')];
    head.dataset.chrome = 'head';
    foot.dataset.chrome = 'foot';
    return { head, foot };
  });
  useLayoutEffect(() => {
    cell.node.append(slots.head, slots.foot);
    return () => {
      slots.head.remove();
      slots.foot.remove();
    };
  }, [cell, slots]);
  return slots;
}

function isRendered(cell: Cell): boolean {
  return cell instanceof MarkdownCell && cell.rendered;
}

export const CellChrome = memo(function CellChrome({ host, cell, me, active, tools, last, workspace, made }: Props) {
  const { t } = useTranslation('notebooks');
  const { interrupt, canWrite } = useEditorActions();
  const slots = useSlots(cell);
  const [own] = useState(() => (cell instanceof MarkdownCell ? cell.renderedChanged : cell.model.metadataChanged));
  useSignals(host.runner.changed, host.staleness.changed, own, cell.model.metadataChanged);
  const staleReason = useStaleReason(host.staleness);
  if (cell.isDisposed) return null;
  const code = cell.model.type === 'code';
  const run = code ? host.runner.read(cell.model) : null;
  const live = isLive(run);
  const label = t(live ? 'cell.stop' : 'cell.run');
  const press = (byMouse: boolean) => {
    if (live) interrupt();
    else actOn({ host, cell }, () => void host.commands.run());
    if (byMouse) host.panel.content.activate(); // else the notebook's keys would go to the button
  };
  const add = (type: 'code' | 'markdown') => {
    const { content } = host.panel;
    insertCell(content, type, content.widgets.indexOf(cell) + 1);
  };
  return (
    <>
      {createPortal(
        <>
          {code && canWrite && !isMarked(cell.model, 'frozen') && (
            <button
              type="button"
              className={styles.run}
              data-live={live || undefined}
              aria-label={label}
              title={live ? label : `${label} (Ctrl+Enter)`}
              onClick={({ detail }) => press(detail > 0)}
            >
              {live ? <RecordStopFilled /> : <PlayFilled />}
            </button>
          )}
          {tools && canWrite && <CellTools host={host} cell={cell} rendered={isRendered(cell)} />}
        </>,
        slots.head,
      )}
      {createPortal(
        <>
          {code && <TallOutput cell={cell} />}
          <CellMarks cell={cell} explained={active} />
          {run && <CellStatus run={run} me={me} link={host.link} stale={staleReason(cell.model)} />}
          {run && made && <MadeRunsList workspace={workspace} rows={made} cell={run} />}
          {canWrite && (
            <div className={styles.adders} data-last={last || undefined}>
              <button type="button" title={t('edit.addCode')} onClick={() => add('code')}>
                <AddRegular aria-hidden />
                {t('cell.code')}
              </button>
              <button type="button" title={t('edit.addMarkdown')} onClick={() => add('markdown')}>
                <AddRegular aria-hidden />
                {t('cell.markdown')}
              </button>
            </div>
          )}
        </>,
        slots.foot,
      )}
    </>
  );
});
