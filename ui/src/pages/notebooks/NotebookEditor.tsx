/** Opens the notebook and shows what came of it. */
import { useTranslation } from 'react-i18next';
import { useThemeClassName } from '@fluentui/react-components';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Notebook } from '../../api/schema';
import { useTheme } from '../../lib/theme';
import { Editor } from './Editor';
import { BrokenNotebook } from './panels/BrokenNotebook';
import { Loading } from './panels/Loading';
import { useIsland, type Outside } from './useIsland';

interface Props {
  record: Notebook;
  me: string;
  /** The server says that the notebook is no more. */
  gone: boolean;
}

/** JupyterLab hangs menus and dialogs on the body: theme and variables have to reach there. */
function useThemeOnBody(): void {
  const { theme } = useTheme();
  const classes = useThemeClassName();
  useLayoutEffect(() => {
    const added = ['handloom-lab', ...classes.split(' ').filter((name) => name.startsWith('fui-FluentProvider'))];
    document.body.classList.add(...added);
    document.body.dataset.jpThemeLight = String(theme === 'light');
    return () => document.body.classList.remove(...added);
  }, [theme, classes]);
}

export function NotebookEditor({ record, me, gone }: Props) {
  useThemeOnBody();
  const { i18n } = useTranslation();
  const nothing = () => undefined;
  const actions = useRef<Outside>({ interrupt: nothing, restart: nothing, inspect: nothing, keybindings: nothing });
  const [outside] = useState<Outside>(() => ({
    interrupt: () => actions.current.interrupt(),
    restart: () => actions.current.restart(),
    inspect: () => actions.current.inspect(),
    keybindings: () => actions.current.keybindings(),
  }));
  const { opening, retry } = useIsland(record, me, outside);
  const island = opening.kind === 'open' ? opening.island : null;
  useEffect(() => {
    if (gone) island?.saver.markGone();
  }, [gone, island]);
  // JupyterLab's own words are drawn once: draw them again in the new language
  useEffect(() => island?.panel.content.update(), [island, i18n.language]);

  switch (opening.kind) {
    case 'loading':
      return <Loading title={record.name} />;
    case 'failed':
      return <BrokenNotebook record={record} error={opening.error} onRetry={retry} />;
    case 'open':
      return <Editor record={record} island={opening.island} me={me} actions={actions} />;
  }
}
