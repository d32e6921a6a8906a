/** The heading of a section of a page, with a count or a search box beside its title. */
import type { ReactNode } from 'react';
import styles from './SectionHeading.module.css';

export function SectionHeading({ children }: { children: ReactNode }) {
  return <h3 className={styles.heading}>{children}</h3>;
}
