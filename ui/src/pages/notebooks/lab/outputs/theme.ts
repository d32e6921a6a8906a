/** The page's theme for outputs that do not inherit it. */

const FRAME_COLORS = {
  text: '--colorNeutralForeground1',
  quiet: '--colorNeutralForeground2',
  stripe: '--colorNeutralBackground2',
  hover: '--colorNeutralBackground1Hover',
  line: '--colorNeutralStroke2',
  link: '--colorBrandForegroundLink',
};

export interface FrameTheme {
  dark: boolean;
  font: string;
  colors: Record<string, string>;
}

export function isDark(): boolean {
  return document.body.dataset.jpThemeLight === 'false';
}

export function frameTheme(): FrameTheme {
  const style = getComputedStyle(document.body);
  const colors = Object.entries(FRAME_COLORS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return { dark: isDark(), font: style.getPropertyValue('--fontFamilyBase').trim(), colors: Object.fromEntries(colors) };
}

/** Calls back when the page turns dark or light; gives how to stop. */
export function onThemeChange(callback: () => void): () => void {
  let before = isDark();
  const watcher = new MutationObserver(() => {
    if (before === isDark()) return;
    before = isDark();
    callback();
  });
  watcher.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
  return () => watcher.disconnect();
}
