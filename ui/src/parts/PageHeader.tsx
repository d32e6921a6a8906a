/** The head of a page: icon, title, description, and actions at the right. */
import type { ReactNode } from 'react';
import styles from './PageHeader.module.css';

interface Props {
  title: ReactNode;
  icon?: ReactNode;
  description?: string;
  actions?: ReactNode;
}

export function PageHeader({ title, icon, description, actions }: Props) {
  return (
    <header className={styles.header}>
      {icon && <span className={styles.icon}>{icon}</span>}
      <div className={styles.words}>
        <h1 className={`${styles.title} hl-line`} title={typeof title === 'string' ? title : undefined}>
          {title}
        </h1>
        {description && (
          <span className={`${styles.description} hl-line`} title={description}>
            {description}
          </span>
        )}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
