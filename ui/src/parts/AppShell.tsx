/** The frame of every page: rail at the left, bar on top, and one surface that holds the page. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './AppShell.module.css';

interface Props {
  rail: ReactNode;
  top: ReactNode;
  /** A bar above the page, e.g. while offline. */
  bar?: ReactNode;
  children: ReactNode;
}

export function AppShell({ rail, top, bar, children }: Props) {
  const { t } = useTranslation('shell');
  return (
    <div className={styles.shell}>
      <a
        className={styles.skip}
        href="#page"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('page')?.focus();
        }}
      >
        {t('skip')}
      </a>
      <nav className={styles.rail} aria-label={t('rail.label')}>
        {rail}
      </nav>
      <div className={styles.top}>{top}</div>
      <main id="page" tabIndex={-1} className={styles.page}>
        {bar}
        {children}
      </main>
    </div>
  );
}
