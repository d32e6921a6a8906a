/** Home, Edit, Run, View. */
import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger, Toolbar } from '@fluentui/react-components';
import { NotebookActions, type Notebook } from '@jupyterlab/notebook';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { firstKeys, type CommandId } from '../keys';
import { useEditorActions, type EditorActions, type Side } from '../EditorActions';
import { insertCell, type NotebookCommandId } from '../lab/commands';
import type { NotebookHost } from '../lab/notebookHost';
import { translator } from '../lab/translator';
import type { SessionControl } from '../useSession';
import { entryIcons, type EntryKey } from './icons';
import styles from './Menus.module.css';

interface Entry {
  key: EntryKey;
  command?: CommandId;
  run: () => unknown;
  disabled?: boolean;
}

type Entries = (Entry | null)[];

interface Props {
  host: NotebookHost;
  control: SessionControl;
}

function insert(notebook: Notebook, type: 'code' | 'markdown'): void {
  insertCell(notebook, type, notebook.activeCellIndex + 1);
}

const HIDE: Record<Side, EntryKey> = {
  contents: 'view.hideContents',
  variables: 'view.hideVariables',
  data: 'view.hideData',
  problems: 'view.hideProblems',
  history: 'view.hideHistory',
};

function sideEntry(side: Side, { side: shown, showSide }: EditorActions): Entry {
  if (shown !== side) return { key: `view.${side}`, run: () => showSide(side) };
  return { key: HIDE[side], run: () => showSide(null) };
}

function menus({ host, control }: Props, actions: EditorActions): ['home' | 'edit' | 'run' | 'view', Entries][] {
  const { panel, commands, saver, staleness } = host;
  const notebook = panel.content;
  const context = panel.sessionContext;
  const command = (key: EntryKey, id: NotebookCommandId): Entry => ({ key, command: id, run: commands[id] });
  const runs = (action: typeof NotebookActions.runAll) => () => void action(notebook, context, undefined, translator);
  const busy = control.pill === 'busy' || control.pill === 'starting';
  return [
    [
      'home',
      [
        { key: 'home.save', command: 'save', run: () => void saver.save() },
        { key: 'home.saveCopy', run: actions.saveCopy },
        { key: 'home.download', run: actions.download },
        { key: 'home.downloadScript', run: actions.downloadScript },
        { key: 'home.downloadHtml', run: actions.downloadHtml },
        { key: 'home.print', run: actions.print },
        null,
        { key: 'home.rename', run: actions.rename },
        { key: 'home.settings', run: actions.settings },
        { key: 'home.schedules', run: actions.schedules },
      ],
    ],
    [
      'edit',
      [
        { key: 'edit.addCode', run: () => insert(notebook, 'code') },
        { key: 'edit.addMarkdown', run: () => insert(notebook, 'markdown') },
        { key: 'edit.snippets', run: actions.snippets },
        null,
        command('edit.undo', 'undo'),
        command('edit.redo', 'redo'),
        null,
        command('edit.cut', 'cut'),
        command('edit.copy', 'copy'),
        command('edit.paste', 'paste'),
        command('edit.delete', 'delete'),
        null,
        command('cell.up', 'moveUp'),
        command('cell.down', 'moveDown'),
        { key: 'edit.merge', command: 'merge', run: () => NotebookActions.mergeCells(notebook, false, false, translator) },
        command('edit.split', 'split'),
        null,
        { key: 'edit.format', command: 'format', run: actions.format },
        { key: 'edit.formatAll', command: 'formatAll', run: actions.formatAll },
        null,
        command('edit.find', 'find'),
        command('edit.replace', 'findReplace'),
      ],
    ],
    [
      'run',
      [
        command('run.cell', 'run'),
        { key: 'run.all', run: runs(NotebookActions.runAll) },
        { key: 'run.above', run: runs(NotebookActions.runAllAbove) },
        { key: 'run.below', run: runs(NotebookActions.runAllBelow) },
        { ...command('run.stale', 'runStale'), disabled: staleness.cells.length === 0 },
        null,
        { key: 'run.interrupt', command: 'interrupt', run: actions.interrupt, disabled: !busy },
        { key: 'run.restart', command: 'restart', run: actions.restart, disabled: !control.session },
        { key: 'run.restartAll', run: actions.restartAndRunAll, disabled: !control.session },
        null,
        { key: 'run.parameters', run: actions.runWithParameters },
        null,
        { key: 'run.clearAll', run: () => NotebookActions.clearAllOutputs(notebook) },
      ],
    ],
    [
      'view',
      [
        sideEntry('contents', actions),
        sideEntry('variables', actions),
        sideEntry('data', actions),
        sideEntry('problems', actions),
        sideEntry('history', actions),
        { key: actions.hasConsole ? 'view.hideConsole' : 'view.console', command: 'console', run: actions.console },
        null,
        { key: 'view.hideInputs', run: () => NotebookActions.hideAllCode(notebook) },
        { key: 'view.showInputs', run: () => NotebookActions.showAllCode(notebook) },
        { key: 'view.hideOutputs', run: () => NotebookActions.hideAllOutputs(notebook) },
        { key: 'view.showOutputs', run: () => NotebookActions.showAllOutputs(notebook) },
        { key: 'view.foldAll', run: () => NotebookActions.collapseAllHeadings(notebook) },
        { key: 'view.unfoldAll', run: () => NotebookActions.expandAllHeadings(notebook) },
        command('view.lineNumbers', 'lineNumbers'),
        null,
        { key: 'view.keybindings', command: 'keybindings', run: actions.keybindings },
      ],
    ],
  ];
}

/** What somebody who may only look at the notebook finds in the menus. */
const READING: ReadonlySet<EntryKey> = new Set<EntryKey>([
  'home.download',
  'home.downloadScript',
  'home.downloadHtml',
  'home.print',
  'edit.copy',
  'edit.find',
  'view.hideContents',
  'view.contents',
  'view.data',
  'view.hideData',
  'view.history',
  'view.hideHistory',
  'view.foldAll',
  'view.unfoldAll',
  'view.lineNumbers',
  'view.keybindings',
]);

function shownMenus(props: Props, actions: EditorActions) {
  const all = menus(props, actions);
  if (actions.canWrite) return all;
  return all
    .map(([name, entries]) => [name, entries.filter((entry) => entry && READING.has(entry.key))] as const)
    .filter(([, entries]) => entries.length > 0);
}

export function Menus(props: Props) {
  const { t } = useTranslation('notebooks');
  const actions = useEditorActions();
  return (
    <Toolbar size="small" className={styles.menus} role="menubar" aria-label={t('menus.label')}>
      {shownMenus(props, actions).map(([name, entries]) => (
        <Menu key={name} positioning="below-start" hasIcons>
          <MenuTrigger disableButtonEnhancement>
            <Button role="menuitem" appearance="subtle" size="small" className={styles.menu}>
              {t(`menus.${name}`)}
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>{entries.map(toItem)}</MenuList>
          </MenuPopover>
        </Menu>
      ))}
    </Toolbar>
  );

  function toItem(entry: Entry | null, i: number): ReactElement {
    if (!entry) return <MenuDivider key={i} />;
    return (
      <MenuItem
        key={entry.key}
        icon={entryIcons[entry.key]}
        disabled={entry.disabled}
        secondaryContent={entry.command ? firstKeys(entry.command) : undefined}
        onClick={() => void entry.run()}
      >
        {t(entry.key)}
      </MenuItem>
    );
  }
}
