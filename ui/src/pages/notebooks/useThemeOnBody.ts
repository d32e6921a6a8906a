/** JupyterLab hangs menus and dialogs on the body: theme and variables have to reach there. */
import { useThemeClassName } from '@fluentui/react-components';
import { useLayoutEffect } from 'react';
import { useTheme } from '../../lib/theme';

export function useThemeOnBody(): void {
  const { theme } = useTheme();
  const classes = useThemeClassName();
  useLayoutEffect(() => {
    const added = ['handloom-lab', ...classes.split(' ').filter((name) => name.startsWith('fui-FluentProvider'))];
    document.body.classList.add(...added);
    document.body.dataset.jpThemeLight = String(theme === 'light');
    return () => document.body.classList.remove(...added);
  }, [theme, classes]);
}
