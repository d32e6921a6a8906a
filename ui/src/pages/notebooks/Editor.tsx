/** The open notebook: head, bars, contents, cells, status bar, and the panels over it. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUpdateNotebook } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { saveFile } from '../../lib/fileSave';
import { writeScript } from '../../lib/script';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { Bars } from './Bars';
import { Cells } from './cells/Cells';
import styles from './Editor.module.css';
import { EditorActionsProvider, type EditorActions, type Side } from './EditorActions';
import { Header } from './header/Header';
import type { NotebookHost } from './lab/notebookHost';
import { isMarked } from './marks';
import { Conflict } from './panels/Conflict';
import { CommentsPanel } from './panels/CommentsPanel';
import { ConsolePane } from './panels/ConsolePane';
import { Inspector } from './panels/Inspector';
import { KeysDialog } from './panels/KeysDialog';
import { RunWithParameters } from './panels/RunWithParameters';
import { SnippetsDialog } from './panels/SnippetsDialog';
import { SchedulesPanel } from './panels/SchedulesPanel';
import { SettingsPanel } from './panels/SettingsPanel';
import { SidePane } from './panels/SidePane';
import { PicturesBar } from './PicturesBar';
import { StatusBar } from './StatusBar';
import { useCommentsShown } from './useCommentsShown';
import { useFormat } from './useFormat';
import { useGuard } from './useGuard';
import { useHtmlPage } from './useHtmlPage';
import { useSaveCopy } from './useSaveCopy';
import { useSessionControl } from './useSession';

type Open = 'parameters' | 'snippets' | 'settings' | 'schedules' | 'rename' | 'keys' | 'restart' | 'restartAll' | 'inspect' | null;

/** Let the cells be read only, those that are drawn later included. Locked cells always are. */
function useReadOnly(host: NotebookHost, readOnly: boolean): void {
  useEffect(() => {
    const notebook = host.panel.content;
    const apply = () =>
      notebook.widgets.forEach((cell) => {
        if (cell.isDisposed || cell.model.isDisposed) return;
        cell.syncEditable = !readOnly; // else the cell writes into the notebook that it is locked
        cell.readOnly = readOnly || isMarked(cell.model, 'locked');
      });
    apply();
    notebook.activeCellChanged.connect(apply);
    return () => {
      notebook.activeCellChanged.disconnect(apply);
    };
  }, [host, readOnly]);
}

interface Props {
  record: Notebook;
  host: NotebookHost;
  me: string;
}

export function Editor({ record, host, me }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [side, setSide] = useState<Side | null>(null);
  const [comments, showComments] = useCommentsShown();
  const [hasConsole, setConsole] = useState(false);
  const canWrite = useCanWrite(record.workspace);
  const control = useSessionControl(host, record);
  const update = useUpdateNotebook();
  const close = useCallback(() => setOpen(null), []);
  const saveCopy = useSaveCopy(record, host);
  const format = useFormat(record, host);
  useGuard(host.saver, record.modified_at);

  const { interrupt } = control;
  const download = useCallback(() => {
    const text = JSON.stringify(host.panel.context.model.toJSON(), null, 1);
    saveFile(`${record.name}.ipynb`, new Blob([text], { type: 'application/x-ipynb+json' }));
  }, [host, record.name]);
  const downloadScript = useCallback(() => {
    const cells = host.panel.content.widgets.map(({ model }) => ({
      cell_type: model.type,
      source: model.sharedModel.getSource(),
      tags: isMarked(model, 'parameters') ? ['parameters'] : [],
    }));
    saveFile(`${record.name}.py`, new Blob([writeScript(cells)], { type: 'text/x-python' }));
  }, [host, record.name]);
  const { download: downloadHtml, print } = useHtmlPage(record, host, canWrite);
  const actions = useMemo(
    (): EditorActions => ({
      interrupt,
      restart: () => setOpen('restart'),
      restartAndRunAll: () => setOpen('restartAll'),
      inspect: () => setOpen('inspect'),
      format: () => format(false),
      formatAll: () => format(true),
      snippets: () => setOpen('snippets'),
      rename: () => setOpen('rename'),
      settings: () => setOpen('settings'),
      schedules: () => setOpen('schedules'),
      comments: () => showComments(true),
      runWithParameters: () => setOpen('parameters'),
      download,
      downloadScript,
      downloadHtml,
      print,
      saveCopy,
      keybindings: () => setOpen('keys'),
      side,
      showSide: setSide,
      hasConsole,
      console: () => setConsole(!hasConsole),
      canWrite,
    }),
    [interrupt, download, downloadScript, downloadHtml, print, saveCopy, format, showComments, side, hasConsole, canWrite],
  );
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  }, [actions]);
  useLayoutEffect(
    () => (element ? host.attach(element, () => latest.current, () => !latest.current.canWrite) : undefined),
    [element, host],
  );
  useReadOnly(host, !canWrite);

  return (
    <EditorActionsProvider value={actions}>
      <div className={`${styles.page} ${canWrite ? '' : styles.viewing}`}>
        <Header record={record} host={host} control={control} />
        <Bars host={host} control={control} />
        <PicturesBar record={record} />
        <div className={styles.middle}>
          {side && <SidePane side={side} record={record} host={host} onSide={setSide} />}
          <div ref={setElement} className={styles.host} />
          {element && <Cells host={host} element={element} me={me} record={record} restart={control.restart} />}
          {open === 'inspect' && <Inspector host={host} onClose={close} />}
        </div>
        {hasConsole && canWrite && <ConsolePane host={host} onClose={() => setConsole(false)} />}
        <StatusBar record={record} host={host} control={control} />
        <SettingsPanel open={open === 'settings'} record={record} network={host.network} onClose={close} />
        <SchedulesPanel open={open === 'schedules'} record={record} onClose={close} />
        <CommentsPanel open={comments} record={record} onClose={() => showComments(false)} />
        {open === 'parameters' && <RunWithParameters record={record} host={host} onClose={close} />}
        {open === 'snippets' && <SnippetsDialog host={host} onClose={close} />}
        <KeysDialog open={open === 'keys'} onClose={close} />
        <Conflict record={record} host={host} />
        <NameDialog
          open={open === 'rename'}
          title={t('rename')}
          submitLabel={t('shell:rename')}
          initialName={record.name}
          initialDescription={record.description}
          file
          onSubmit={(named) => update.mutateAsync({ workspace: record.workspace, notebook: record.id, ...named })}
          onClose={close}
        />
        <ConfirmDialog
          open={open === 'restart' || open === 'restartAll'}
          title={t(open === 'restartAll' ? 'run.restartAll' : 'run.restart')}
          confirmLabel={t('run.restartDo')}
          onConfirm={() => {
            const all = open === 'restartAll';
            setOpen(null);
            return all ? control.restartAndRunAll() : control.restart();
          }}
          onClose={close}
        >
          {t('run.restartText')}
        </ConfirmDialog>
      </div>
    </EditorActionsProvider>
  );
}
