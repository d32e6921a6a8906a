/** The open notebook: head, bars, contents, the island, status bar, and the panels over it. */
import { useCallback, useLayoutEffect, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useUpdateNotebook } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { saveFile } from '../../lib/fileSave';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { Bars } from './Bars';
import { Cells } from './cells/Cells';
import styles from './Editor.module.css';
import { Header } from './header/Header';
import type { PageActions } from './header/Menus';
import type { Island } from './lab/island';
import { Conflict } from './panels/Conflict';
import { Contents } from './panels/Contents';
import { Inspector } from './panels/Inspector';
import { KeysDialog } from './panels/KeysDialog';
import { SettingsPanel } from './panels/SettingsPanel';
import { StatusBar } from './StatusBar';
import { useGuard } from './useGuard';
import type { Outside } from './useIsland';
import { useSaveCopy } from './useSaveCopy';
import { useSessionControl } from './useSession';

type Open = 'settings' | 'rename' | 'keys' | 'restart' | 'restartAll' | 'inspect' | null;

interface Props {
  record: Notebook;
  island: Island;
  me: string;
  actions: RefObject<Outside>;
}

export function Editor({ record, island, me, actions }: Props) {
  const { t } = useTranslation('notebooks');
  const [host, setHost] = useState<HTMLDivElement | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [contents, setContents] = useState(false);
  const control = useSessionControl(island, record);
  const update = useUpdateNotebook();
  const close = useCallback(() => setOpen(null), []);
  const saveCopy = useSaveCopy(record, island);
  useGuard(island.saver, record.modified_at);

  useLayoutEffect(() => (host ? island.attach(host) : undefined), [host, island]);
  useLayoutEffect(() => {
    const kept = actions.current;
    if (!kept) return;
    kept.interrupt = control.interrupt;
    kept.restart = () => setOpen('restart');
    kept.keybindings = () => setOpen('keys');
    kept.inspect = () => setOpen('inspect');
  });

  const download = () => {
    const text = JSON.stringify(island.panel.context.model.toJSON(), null, 1);
    saveFile(`${record.name}.ipynb`, new Blob([text], { type: 'application/x-ipynb+json' }));
  };
  const page: PageActions = {
    rename: () => setOpen('rename'),
    settings: () => setOpen('settings'),
    restart: () => setOpen('restart'),
    restartAndRunAll: () => setOpen('restartAll'),
    keybindings: () => setOpen('keys'),
    toggleContents: () => setContents(!contents),
    contentsShown: contents,
    saveCopy: () => void saveCopy(),
    download,
  };

  return (
    <div className={styles.page}>
      <Header record={record} island={island} control={control} actions={page} />
      <Bars record={record} island={island} control={control} onDownload={download} />
      <div className={styles.middle}>
        {contents && <Contents island={island} onClose={() => setContents(false)} />}
        <div ref={setHost} className={styles.host} />
        {host && <Cells island={island} host={host} me={me} onInterrupt={control.interrupt} />}
        {open === 'inspect' && <Inspector island={island} onClose={close} />}
      </div>
      <StatusBar record={record} island={island} control={control} />
      <SettingsPanel open={open === 'settings'} record={record} onClose={close} />
      <KeysDialog open={open === 'keys'} onClose={close} />
      <Conflict record={record} island={island} onCopy={saveCopy} />
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
  );
}
