/** Light and dark theme: Fluent's themes in our teal. The user's choice is stored; the default follows the system. */
import {
  createDarkTheme,
  createDOMRenderer,
  createLightTheme,
  FluentProvider,
  RendererProvider,
  type BrandVariants,
  type Theme,
} from '@fluentui/react-components';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';

export type ThemeName = 'light' | 'dark';
export type ThemeChoice = ThemeName | 'system';

const STORED = 'handloom.theme';

/** Fluent's styles go before ours, whenever a stylesheet is loaded, so that a class of ours decides over one of Fluent's. */
const renderer = createDOMRenderer(document, { insertionPoint: document.querySelector('title') ?? undefined });

const teal: BrandVariants = {
  10: '#001514', 20: '#03201e', 30: '#062d2b', 40: '#083a37', 50: '#0a4744', 60: '#0b5551', 70: '#0c635e', 80: '#0c726c',
  90: '#1b817a', 100: '#339088', 110: '#4a9f97', 120: '#61aea6', 130: '#79bdb5', 140: '#92ccc5', 150: '#addad4', 160: '#cae9e5',
};

const fonts = {
  fontFamilyBase:
    '"Segoe UI Variable Text", "Segoe UI", system-ui, -apple-system, "Malgun Gothic", "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR", sans-serif',
  fontFamilyMonospace:
    '"Cascadia Code", Consolas, "SF Mono", Menlo, "DejaVu Sans Mono", D2Coding, "Noto Sans Mono CJK KR", monospace',
};

const themes: Record<ThemeName, Theme> = {
  light: { ...createLightTheme(teal), ...fonts },
  dark: {
    ...createDarkTheme(teal),
    ...fonts,
    colorBrandForeground1: teal[120],
    colorBrandForeground2: teal[130],
    colorBrandForegroundLink: teal[130],
    colorBrandForegroundLinkHover: teal[140],
    colorStatusDangerForeground1: '#e37d80', // Fluent's own has 4.2:1 on its ground, 4.5:1 is needed
  },
};

interface ThemeState {
  theme: ThemeName;
  choice: ThemeChoice;
  choose: (choice: ThemeChoice) => void;
  /** Show a theme for a while, such as the light one on paper; null ends it. */
  force: (theme: ThemeName | null) => void;
}

const ThemeContext = createContext<ThemeState>({ theme: 'light', choice: 'system', choose: () => undefined, force: () => undefined });

/** The theme in use ('light' | 'dark'), the person's choice, and how to change it. */
export function useTheme(): ThemeState {
  return useContext(ThemeContext);
}

export function readChoice(stored: string | null): ThemeChoice {
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function useSystemTheme(): ThemeName {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return dark ? 'dark' : 'light';
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(() => readChoice(localStorage.getItem(STORED)));
  const system = useSystemTheme();
  const [forced, force] = useState<ThemeName | null>(null);
  const theme = forced ?? (choice === 'system' ? system : choice);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.style.colorScheme = theme;
  }, [theme]);
  const state = useMemo(
    () => ({
      theme,
      choice,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(STORED, next);
        setChoice(next);
      },
      force,
    }),
    [theme, choice],
  );
  return (
    <ThemeContext.Provider value={state}>
      <RendererProvider renderer={renderer}>
        <FluentProvider theme={themes[theme]} className="handloom">
          {children}
        </FluentProvider>
      </RendererProvider>
    </ThemeContext.Provider>
  );
}
